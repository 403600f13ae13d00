/*
 * cajal/cajal.h - all of libcajal. A net is a C function from a scope and tensors to tensors
 * (cajal/nn.h); a training step is a graph (cajal/graph.h) with its gradient (cajal/transform.h)
 * and updates (cajal/optim.h), compiled once and run many times (cajal/program.h). cajal/fit.h
 * holds the usual loop. Formats, data and pictures: cajal/io.h, cajal/data.h, cajal/plot.h in
 * libcajal-io.
 */
#ifndef CAJAL_CAJAL_H
#define CAJAL_CAJAL_H

#include "cajal/abstract.h"
#include "cajal/architecture.h"
#include "cajal/base.h"
#include "cajal/custom.h"
#include "cajal/fft.h"
#include "cajal/fit.h"
#include "cajal/forward_forward.h"
#include "cajal/graph.h"
#include "cajal/implicit.h"
#include "cajal/index.h"
#include "cajal/layers.h"
#include "cajal/linalg.h"
#include "cajal/loop.h"
#include "cajal/loss.h"
#include "cajal/math.h"
#include "cajal/matrix.h"
#include "cajal/message_passing.h"
#include "cajal/metric.h"
#include "cajal/net.h"
#include "cajal/nn.h"
#include "cajal/ode.h"
#include "cajal/optim.h"
#include "cajal/program.h"
#include "cajal/quantize.h"
#include "cajal/random.h"
#include "cajal/reduce.h"
#include "cajal/sequence.h"
#include "cajal/solve.h"
#include "cajal/spectrum.h"
#include "cajal/transform.h"

#endif
