/*
 * src/base/dtype.c - what the data types are called, hold and range over.
 */
#include "base.h"

const char *cj_dtype_name(cj_dtype dtype)
{
    static const char *const names[] = {
#define CJ_X(NAME, name, type, bytes, kind) #name,
        CJ_DTYPE_LIST(CJ_X)
#undef CJ_X
    };
    size_t index = (size_t)dtype;
    return index < CJ_COUNT(names) ? names[index] : "unknown dtype";
}

size_t cj_dtype_size(cj_dtype dtype)
{
    static const size_t sizes[] = {
#define CJ_X(NAME, name, type, bytes, kind) bytes,
        CJ_DTYPE_LIST(CJ_X)
#undef CJ_X
    };
    size_t index = (size_t)dtype;
    return index < CJ_COUNT(sizes) ? sizes[index] : 0;
}

int64_t cj_integer_least(cj_dtype dtype)
{
    switch (dtype) {
    case CJ_I8: return INT8_MIN;
    case CJ_I16: return INT16_MIN;
    case CJ_I32: return INT32_MIN;
    case CJ_I64: return INT64_MIN;
    default: return 0;
    }
}

uint64_t cj_integer_most(cj_dtype dtype)
{
    switch (dtype) {
    case CJ_I8: return INT8_MAX;
    case CJ_I16: return INT16_MAX;
    case CJ_I32: return INT32_MAX;
    case CJ_I64: return INT64_MAX;
    case CJ_U8: return UINT8_MAX;
    case CJ_U16: return UINT16_MAX;
    case CJ_U32: return UINT32_MAX;
    case CJ_U64: return UINT64_MAX;
    default: return 1;
    }
}

int64_t cj_integer_load(cj_dtype dtype, const void *data, int64_t i)
{
    switch (dtype) {
    case CJ_I8: return ((const int8_t *)data)[i];
    case CJ_I16: return ((const int16_t *)data)[i];
    case CJ_I32: return ((const int32_t *)data)[i];
    case CJ_I64: return ((const int64_t *)data)[i];
    case CJ_U16: return ((const uint16_t *)data)[i];
    case CJ_U32: return ((const uint32_t *)data)[i];
    case CJ_U64: return (int64_t)((const uint64_t *)data)[i];
    default: return ((const uint8_t *)data)[i];
    }
}

void cj_integer_store(cj_dtype dtype, void *data, int64_t i, int64_t value)
{
    uint64_t bits = (uint64_t)value;
    switch (cj_dtype_size(dtype)) {
    case 1: ((uint8_t *)data)[i] = (uint8_t)bits; break;
    case 2: ((uint16_t *)data)[i] = (uint16_t)bits; break;
    case 4: ((uint32_t *)data)[i] = (uint32_t)bits; break;
    default: ((uint64_t *)data)[i] = bits; break;
    }
}

double cj_number_load(cj_dtype dtype, const void *data, int64_t i)
{
    switch (dtype) {
    case CJ_F32: return (double)((const float *)data)[i];
    case CJ_F64: return ((const double *)data)[i];
    case CJ_BF16: return (double)cj_f32_from_bf16(((const uint16_t *)data)[i]);
    case CJ_F16: return (double)cj_f32_from_f16(((const uint16_t *)data)[i]);
    case CJ_U64: return (double)((const uint64_t *)data)[i];
    default: return (double)cj_integer_load(dtype, data, i);
    }
}

/* NaN to 0; truncated toward zero, then held in the range. */
static int64_t saturated(cj_dtype dtype, double value)
{
    int64_t least = cj_integer_least(dtype);
    uint64_t most = cj_integer_most(dtype);
    if (value != value)
        return 0;
    if (value <= (double)least)
        return least;
    if (value >= (double)most) /* 2^63 and 2^64 stand for the most of 64 bits */
        return (int64_t)most;
    return value < 0 ? (int64_t)value : (int64_t)(uint64_t)value;
}

void cj_number_store(cj_dtype dtype, void *data, int64_t i, double value)
{
    switch (dtype) {
    case CJ_F32: ((float *)data)[i] = (float)value; break;
    case CJ_F64: ((double *)data)[i] = value; break;
    case CJ_BF16: ((uint16_t *)data)[i] = cj_bf16_from_f64(value); break;
    case CJ_F16: ((uint16_t *)data)[i] = cj_f16_from_f64(value); break;
    case CJ_BOOL: ((uint8_t *)data)[i] = value != 0; break;
    default: cj_integer_store(dtype, data, i, saturated(dtype, value)); break;
    }
}
