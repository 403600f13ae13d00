/*
 * src/cpu/expression_coefficients.h - written by tests/golden/math_coefficients.py: change that, not this.
 * Polynomials from the lowest degree up; beside each what it approximates and its weighted error.
 */
#ifndef CJ_CPU_EXPRESSION_COEFFICIENTS_H
#define CJ_CPU_EXPRESSION_COEFFICIENTS_H

/* ln 2 and pi/2 in parts: products of the first ones with the integers that occur are exact */
#define CJ_LN2_1_F32 0x1.62e4p-1f
#define CJ_LN2_2_F32 0x1.7f7d1cp-20f
#define CJ_LN2_1_F64 0x1.62e42fefa4p-1
#define CJ_LN2_2_F64 -0x1.8432a1b0e2634p-43
#define CJ_PIO2_1_F32 0x1.92p0f
#define CJ_PIO2_2_F32 0x1.fb4p-12f
#define CJ_PIO2_3_F32 0x1.444p-24f
#define CJ_PIO2_4_F32 0x1.68c234p-39f
#define CJ_PIO2_1_F64 0x1.921fb544p0
#define CJ_PIO2_2_F64 0x1.0b4611a8p-34
#define CJ_PIO2_3_F64 -0x1.d9cceba3f91f2p-66
#define CJ_LOG2E_F32 0x1.715476p0f
#define CJ_2OPI_F32 0x1.45f306p-1f
#define CJ_LOG2E_F64 0x1.71547652b82fep0
#define CJ_2OPI_F64 0x1.45f306dc9c883p-1
#define CJ_LOG2E_LOW_F64 0x1.777d0ffda0d24p-56
#define CJ_PIO2_HIGH_F64 0x1.921fb54442d18p0
#define CJ_PIO2_LOW_F64 0x1.1a62633145c07p-54
#define CJ_TWO_THIRDS_F64 0x1.5555555555555p-1
#define CJ_TWO_THIRDS_LOW_F64 0x1.5555555555555p-55

/* exp(r) = 1 + r + r^2 q(r), |r| <= ln 2 / 2; error 2^-28.0 */
static const float exp_q_f32[] = {
    0x1.fffff8p-2f, 0x1.55548cp-3f, 0x1.555b8ep-5f, 0x1.123d3ap-7f, 0x1.685eecp-10f,
};

/* the same; error 2^-57.6 */
static const double exp_q_f64[] = {
    0x1.000000000000cp-1,  0x1.5555555555514p-3,  0x1.555555554fe0fp-5,  0x1.111111112156ep-7,
    0x1.6c16c1860884dp-10, 0x1.a01a014c90b83p-13, 0x1.a01995a9abe28p-16, 0x1.71ded963e5cccp-19,
    0x1.28b1133cf8ecbp-22, 0x1.adf75510cf10bp-26,
};

/* 2^r for pow of f32, |r| <= 1/2; error 2^-34.5 */
static const double exp2_f64[] = {
    0x1.ffffffffac502p-1, 0x1.62e42ff12cff3p-1,  0x1.ebfbe0a416f68p-3,  0x1.c6b08a80818fp-5,
    0x1.3b29dcb126d3ep-7, 0x1.5d8a9fd066969p-10, 0x1.4469d4bb07451p-13, 0x1.fde104550cae3p-17,
};

/* log(1+f) = f - f^2/2 + f^3 r(f), sqrt(1/2) - 1 <= f <= sqrt(2) - 1; error 2^-30.1 */
static const float log_r_f32[] = {
    0x1.555546p-2f, -0x1.00000ap-2f, 0x1.99a546p-3f, -0x1.555ae4p-3f, 0x1.232cfap-3f,
    -0x1.fc4dap-4f, 0x1.e7a54ep-4f,  -0x1.dd651p-4f, 0x1.11c874p-4f,
};

/* 2 atanh(s) = 2 s + s^3 p(s^2); error 2^-58.5 */
static const double log_s_f64[] = {
    0x1.5555555555595p-1, 0x1.999999997f26cp-2, 0x1.249249427c47dp-2, 0x1.c71c51a26870dp-3,
    0x1.746652b1500b2p-3, 0x1.399fd376aebe3p-3, 0x1.2f17efa94bb3cp-3,
};

/* 2 atanh(s) = 2 s + s^3 (2/3 + s^2 p(s^2)), for pow; error 2^-72.2 */
static const double log_s_tail_f64[] = {
    0x1.9999999999995p-2, 0x1.2492492493153p-2, 0x1.c71c71c563a8ep-3, 0x1.745d183e4e87ap-3,
    0x1.3b135fe084404p-3, 0x1.112117e6e98e1p-3, 0x1.de25389d2da68p-4, 0x1.eb7e3f7d17bbdp-4,
};

/* log2((1+s)/(1-s)) = s p(s^2), for pow of f32; error 2^-50.8 */
static const double log2_s_f64[] = {
    0x1.71547652b82ffp1,  0x1.ec709dc39ccd7p-1, 0x1.2776c5167ad0cp-1, 0x1.a617569e15898p-2,
    0x1.484fa4424078fp-2, 0x1.0bb87f087c05dp-2, 0x1.f176b5485e8aap-3,
};

/* sin(r) = r + r^3 q(r^2), |r| <= pi/4; error 2^-27.9 */
static const float sin_q_f32[] = {
    -0x1.555544p-3f,
    0x1.1106cep-7f,
    -0x1.991fccp-13f,
};

/* cos(r) = 1 - r^2/2 + r^4 q(r^2); error 2^-33.1 */
static const float cos_q_f32[] = {
    0x1.55554ap-5f,
    -0x1.6c0c1cp-10f,
    0x1.99e1d6p-16f,
};

/* sin, the same; error 2^-57.8 */
static const double sin_q_f64[] = {
    -0x1.5555555555547p-3, 0x1.111111110f59ap-7,   -0x1.a01a019bb47dp-13,
    0x1.71de3525c38f1p-19, -0x1.ae5e25121cc97p-26, 0x1.5d7fd48b3625ap-33,
};

/* cos, the same; error 2^-63.9 */
static const double cos_q_f64[] = {
    0x1.555555555554ap-5,   -0x1.6c16c16c14df3p-10, 0x1.a01a019c593ffp-16,
    -0x1.27e4f7c9bae0bp-22, 0x1.1ee9bff82d07p-29,   -0x1.8f97add31f3b2p-37,
};

/* tanh(x) = x + x^3 q(x^2), |x| <= 0.875; error 2^-26.5 */
static const float tanh_q_f32[] = {
    -0x1.555518p-2f, 0x1.1104b6p-3f,  -0x1.b86b26p-5f,
    0x1.585f04p-6f,  -0x1.cb1ee2p-8f, 0x1.67b512p-10f,
};

/* the same, |x| <= 0.625; error 2^-61.3 */
static const double tanh_q_f64[] = {
    -0x1.5555555555552p-2, 0x1.1111111110c5ap-3,  -0x1.ba1ba1b9d22d9p-5,  0x1.664f4870e6e8dp-6,
    -0x1.226e32d42a67p-7,  0x1.d6d35aedd5d69p-9,  -0x1.7d9c3c1ef6b05p-10, 0x1.350bd39b37ef4p-11,
    -0x1.f11691e05e8bp-13, 0x1.8026db735434cp-14, -0x1.faf27685c3749p-16, 0x1.965317ea3e3ccp-18,
};

/* erf(x) = x + x q(x^2), |x| <= 0.875; error 2^-30.0 */
static const float erf_q_f32[] = {
    0x1.06eba8p-3f, -0x1.812744p-2f,  0x1.ce2e76p-4f,  -0x1.b81966p-6f,
    0x1.553cacp-8f, -0x1.aea858p-11f, 0x1.6c9d36p-14f,
};

/* the same, |x| <= 1; error 2^-55.9 */
static const double erf_q_f64[] = {
    0x1.06eba8214db68p-3,  -0x1.812746b0379b4p-2,  0x1.ce2f21a040a5ep-4,  -0x1.b82ce311f49a9p-6,
    0x1.565bccf8bd912p-8,  -0x1.c02db035571f1p-11, 0x1.f9a2ba5a675fap-14, -0x1.f4ca4de40ff53p-17,
    0x1.b97ffcd589cc3p-20, -0x1.5c08c58c8dedp-23,  0x1.d7298f0290a9p-27,  -0x1.abe1004c263f1p-31,
};

/* log(erfc(x)) = g(x - 0.875), 0.875 <= x <= 4; error 2^-26.9 */
static const float erfc_g_f32[] = {
    -0x1.88672ep0f, -0x1.37117cp1f,  -0x1.a72eb8p-1f, -0x1.80a47ap-5f,
    0x1.7741a8p-7f, -0x1.2f29acp-9f, 0x1.697f1cp-12f, -0x1.d99256p-16f,
};

/* the same, of x - 1, 1 <= x <= 6; error 2^-59.1 */
static const double erfc_g_f64[] = {
    -0x1.d97fbf27aa2a1p0,   -0x1.51c9b0006c241p1,   -0x1.afabc11a28c67p-1,  -0x1.5477f09ce39d9p-5,
    0x1.48c9d416a69f5p-7,   -0x1.033f6acc4ac2ap-9,  0x1.f1b51c67dc8e3p-13,  0x1.b8b3a7f6aac1bp-16,
    -0x1.c73e25477dcc7p-16, 0x1.40ee598ceddffp-17,  -0x1.0c570af539ce6p-19, 0x1.580b39123e66fp-24,
    0x1.3cf2843dffa4dp-23,  -0x1.639bc93408abbp-24, 0x1.fa75363802d86p-26,  -0x1.182c5ec3822fbp-27,
    0x1.f5d1f9b244385p-30,  -0x1.68a436143a239p-32, 0x1.8ff919bc32905p-35,  -0x1.3f00540d136f6p-38,
    0x1.42d3cacea886cp-42,  -0x1.34f1ba249aedbp-47,
};

/* 2/pi in binary, after the point, 64 bits a word: for the arguments of sin and cos that are large */
static const uint64_t two_over_pi[] = {
    0xa2f9836e4e441529u, 0xfc2757d1f534ddc0u, 0xdb6295993c439041u, 0xfe5163abdebbc561u,
    0xb7246e3a424dd2e0u, 0x06492eea09d1921cu, 0xfe1deb1cb129a73eu, 0xe88235f52ebb4484u,
    0xe99c7026b45f7e41u, 0x3991d639835339f4u, 0x9c845f8bbdf9283bu, 0x1ff897ffde05980fu,
    0xef2f118b5a0a6d1fu, 0x6d367ecf27cb09b7u, 0x4f463f669e5fea2du, 0x7527bac7ebe5f17bu,
    0x3d0739f78a5292eau, 0x6bfb5fb11f8d5d08u, 0x56033046fc7b6babu, 0xf0cfbc209af4361du,
};

#endif
