/* src/cpu/isa/contract_pack.h - packers of one instruction set: contract_pack.c. */
#ifndef CJ_CPU_ISA_CONTRACT_PACK_H
#define CJ_CPU_ISA_CONTRACT_PACK_H

#include "contract.h"
#include "simd.h"

void CJ_ISA_FN(cj_pack_f32)(void *out, int64_t out_row_stride, int64_t padded, const void *in,
                            const cj_block *block);
void CJ_ISA_FN(cj_pack_f64)(void *out, int64_t out_row_stride, int64_t padded, const void *in,
                            const cj_block *block);
void CJ_ISA_FN(cj_unpack_f32)(void *out, const cj_block *block, const void *in,
                              int64_t in_row_stride);
void CJ_ISA_FN(cj_unpack_f64)(void *out, const cj_block *block, const void *in,
                              int64_t in_row_stride);
void CJ_ISA_FN(cj_add_chunks_f32)(int64_t n, void *out, const void *chunks, int64_t step,
                                  int64_t count);
void CJ_ISA_FN(cj_add_chunks_f64)(int64_t n, void *out, const void *chunks, int64_t step,
                                  int64_t count);
bool CJ_ISA_FN(cj_all_finite_f32)(int64_t n, const void *elements);
bool CJ_ISA_FN(cj_all_finite_f64)(int64_t n, const void *elements);
bool CJ_ISA_FN(cj_has_negative_zero_f32)(int64_t n, const void *elements);
bool CJ_ISA_FN(cj_has_negative_zero_f64)(int64_t n, const void *elements);

#endif
