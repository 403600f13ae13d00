/*
 * src/cpu/expression_special_coefficients.h - written by tests/golden/special_coefficients.py: change that, not
 * this. Polynomials from the lowest degree up; beside each what it approximates and its weighted error.
 */
#ifndef CJ_CPU_EXPRESSION_SPECIAL_COEFFICIENTS_H
#define CJ_CPU_EXPRESSION_SPECIAL_COEFFICIENTS_H

/* 2^r = 1 + r p(r), |r| <= 1/2; error 2^-28.1 */
static const float exp2_p_f32[] = {
    0x1.62e43p-1f, 0x1.ebfbd8p-3f, 0x1.c6af78p-5f, 0x1.3b30bp-7f, 0x1.5f0a66p-10f, 0x1.3f906cp-13f,
};

/* the same; error 2^-59.5 */
static const double exp2_p_f64[] = {
    0x1.62e42fefa39efp-1,  0x1.ebfbdff82c58ep-3,  0x1.c6b08d704a185p-5,  0x1.3b2ab6fba50fep-7,
    0x1.5d87fe788835cp-10, 0x1.430912f7a9eap-13,  0x1.ffcbfcde5e964p-17, 0x1.62c02560d10fbp-20,
    0x1.b5241c748619ep-24, 0x1.e4c37dbb8c8edp-28, 0x1.eb078dac7a012p-32, 0x1.d48bab76c6261p-36,
};

/* atan(x) = x + x^3 q(x^2), |x| <= 1; error 2^-30.8 */
static const float atan_q_f32[] = {
    -0x1.55555p-2f, 0x1.9997ap-3f,   -0x1.24707ep-3f, 0x1.c4ce16p-4f,  -0x1.68692p-4f,
    0x1.131292p-4f, -0x1.6b3b0ap-5f, 0x1.6c9586p-6f,  -0x1.d6fd2ap-8f, 0x1.1d4516p-10f,
};

/* atan(x) = x + x^3 q(x^2), |x| <= 1; error 2^-57.5 */
static const double atan_q_f64[] = {
    -0x1.5555555555522p-2, 0x1.9999999995164p-3,  -0x1.2492492371733p-3,  0x1.c71c717cddaf8p-4,
    -0x1.745d117d84af6p-4, 0x1.3b13647ab07fcp-4,  -0x1.110e4080760efp-4,  0x1.e1bae6ec3e99ep-5,
    -0x1.ae5b36241ef7bp-5, 0x1.82d01d9146ac1p-5,  -0x1.5988753a420fdp-5,  0x1.2bf74338df2d6p-5,
    -0x1.e94e0fe7be15fp-6, 0x1.676c587f5ad2fp-6,  -0x1.c60bc9d0a1defp-7,  0x1.d59962d2ad472p-8,
    -0x1.780ee16770454p-9, 0x1.b0f185fa67115p-11, -0x1.3c99bdf631f79p-13, 0x1.b7c55a6d9bcd4p-17,
};

/* asin(x) = x + x^3 q(x^2), |x| <= 0.5; error 2^-31.7 */
static const float asin_q_f32[] = {
    0x1.55554cp-3f, 0x1.33389ap-4f, 0x1.6cabap-5f, 0x1.04a60cp-5f, 0x1.d82adcp-7f, 0x1.339b94p-5f,
};

/* asin(x) = x + x^3 q(x^2), |x| <= 0.5; error 2^-63.7 */
static const double asin_q_f64[] = {
    0x1.5555555555553p-3,  0x1.33333333339d7p-4, 0x1.6db6db6d4dba5p-5,  0x1.f1c71ca62329bp-6,
    0x1.6e8b9b3481269p-6,  0x1.1c4f80135ad8dp-6, 0x1.c9817886701dep-7,  0x1.7b9e67cfb9ea2p-7,
    0x1.36eaf7c896752p-7,  0x1.47480ce0dce89p-7, 0x1.8bdbc107ad8a5p-11, 0x1.9429a76996149p-6,
    -0x1.a91e63c319ddcp-6, 0x1.12aa0f89cfaa7p-5,
};

/* sinh(x) = x + x^3 q(x^2), |x| <= 1; error 2^-31.3 */
static const float sinh_q_f32[] = {
    0x1.555556p-3f,
    0x1.1110ecp-7f,
    0x1.a01adp-13f,
    0x1.76ac86p-19f,
};

/* sinh(x) = x + x^3 q(x^2), |x| <= 1; error 2^-62.6 */
static const double sinh_q_f64[] = {
    0x1.5555555555555p-3,  0x1.111111111117cp-7,  0x1.a01a01a00dbafp-13, 0x1.71de3a609a725p-19,
    0x1.ae644b4bc34dcp-26, 0x1.612aab540f0a1p-33, 0x1.aac7adbc70edcp-41, 0x1.3e9107333b361p-48,
};

/* asinh(x) = x + x^3 q(x^2), |x| <= 0.5; error 2^-34.0 */
static const float asinh_q_f32[] = {
    -0x1.555554p-3f, 0x1.33323ap-4f, -0x1.6d7eb8p-5f,
    0x1.ec1166p-6f,  -0x1.487b4p-6f, 0x1.2f488ap-7f,
};

/* asinh(x) = x + x^3 q(x^2), |x| <= 0.5; error 2^-64.5 */
static const double asinh_q_f64[] = {
    -0x1.5555555555554p-3,  0x1.3333333332ffdp-4, -0x1.6db6db6d8addcp-5, 0x1.f1c71c5ea3c15p-6,
    -0x1.6e8ba07011c5ap-6,  0x1.1c4e901eac16cp-6, -0x1.c9939b971b918p-7, 0x1.7a4a8fe7f8c3fp-7,
    -0x1.3e251da10b6aep-7,  0x1.0a08620f5aec1p-7, -0x1.9e16e2053b2a7p-8, 0x1.00a7e1bea0c12p-8,
    -0x1.645b7dc42db5ep-10,
};

/* atanh(x) = x + x^3 q(x^2), |x| <= 0.5; error 2^-32.7 */
static const float atanh_q_f32[] = {
    0x1.555558p-2f, 0x1.9997c6p-3f, 0x1.24cafap-3f, 0x1.c07d3p-4f,
    0x1.a92eb4p-4f, 0x1.658efp-6f,  0x1.6e5fd6p-3f,
};

/* atanh(x) = x + x^3 q(x^2), |x| <= 0.5; error 2^-64.7 */
static const double atanh_q_f64[] = {
    0x1.5555555555556p-2, 0x1.9999999999773p-3,  0x1.24924924a5abep-3, 0x1.c71c71bc131a8p-4,
    0x1.745d19235b656p-4, 0x1.3b137cd68243ap-4,  0x1.111501522e7acp-4, 0x1.e1767ff14b09fp-5,
    0x1.b3495ea17dc26p-5, 0x1.68893bbe88888p-5,  0x1.fd7a39b180769p-5, -0x1.dbdb7be655c21p-6,
    0x1.b086ef6061b75p-3, -0x1.efd0a773f005bp-3, 0x1.0811c2bc368e5p-2,
};

/* exp(x^2) erfc(x) (1 + 2x) = p((x - 2) / (x + 2)), 0.4 <= x <= 10.6; error 2^-27.1 */
static const double erfcx_p_short[] = {
    0x1.46e80e439f6f4p0,    -0x1.7bf5e18067df2p-4,  -0x1.54082f69c58dbp-3, 0x1.4ff94c3e88b7ep-3,
    -0x1.bc0ccafcad951p-5,  -0x1.06aebd5de9e63p-7,  0x1.1adcefa944d86p-7,  0x1.37d086522e0ep-10,
    -0x1.41ed9cccd94cap-10, -0x1.2784e6195ff84p-12,
};

/* exp(x^2) erfc(x) (1 + 2x) = p((x - 4) / (x + 4)), 0.4 <= x <= 27.5; error 2^-54.6 */
static const double erfcx_p_f64[] = {
    0x1.3ba5916e9fd7fp0,    -0x1.1df1ad154a28fp-3,  0x1.f7f5df66fc8c7p-7,   0x1.16ecefcfa541ep-4,
    -0x1.9ddb23c3e4128p-4,  0x1.7fee004e117cfp-4,   -0x1.0fb06dfeabb7cp-4,  0x1.3079edf68ef8dp-5,
    -0x1.096238741a8fdp-6,  0x1.49c67288c4f11p-8,   -0x1.8d4aa8414b9dep-11, -0x1.a1df2d252fd99p-13,
    0x1.3be1376dd3c3fp-13,  -0x1.99577fc8780f8p-16, -0x1.78b16cb5393fp-17,  0x1.7f0ca79aaf2bp-18,
    0x1.4403f6dfc2c68p-22,  -0x1.b9000052fac9dp-21, 0x1.188b337ba5bdcp-24,  0x1.c1dd4b59f98c4p-24,
    -0x1.9096a9f3a9544p-27, -0x1.5c99baa874156p-27,
};

/* erfinv(x) = x p(x^2), |x| <= 0.75; error 2^-24.6 */
static const float erfinv_p_f32[] = {
    0x1.c5bf8ap-1f,  0x1.db2632p-3f, 0x1.05e918p-3f,  0x1.4af406p-4f, 0x1.d4c64ep-4f,
    -0x1.73eeaep-3f, 0x1.5395fp-1f,  -0x1.b43426p-1f, 0x1.2eaac6p-1f,
};

/* erfinv(1 - exp(-s^2)) = s p(s - 2), 1.17 <= s <= 3; error 2^-26.3 */
static const float erfinv_near_f32[] = {
    0x1.ab0e64p-1f,  0x1.b94274p-4f,   -0x1.b5997ep-5f,  0x1.7aff02p-6f,
    -0x1.267556p-7f, 0x1.964e64p-9f,   -0x1.e233c8p-11f, 0x1.ba0ecp-13f,
    0x1.3aa688p-16f, -0x1.2056f4p-14f, 0x1.d2cd8ep-16f,
};

/* erfinv(1 - exp(-s^2)) = s p(s - 3.5), 3 <= s <= 4.1; error 2^-25.7 */
static const float erfinv_far_f32[] = {
    0x1.d921dep-1f,   0x1.07180ap-5f,  -0x1.5b65b4p-7f, 0x1.9d53bp-9f,
    -0x1.cd83d8p-11f, 0x1.fdbbbcp-13f, -0x1.05ebbp-14f,
};

/* erfinv(x) = x p(x^2), |x| <= 0.75; error 2^-54.4 */
static const double erfinv_p_f64[] = {
    0x1.c5bf891b4ef6bp-1, 0x1.db29fb2fee269p-3,  0x1.053c2c0ae2f8fp-3, 0x1.62847c2a2e45fp-4,
    0x1.0a131eaaeab14p-4, 0x1.a7c6c5ba6bd1dp-5,  0x1.5f0feb182759ap-5, 0x1.285242d9bb97bp-5,
    0x1.21bd0cdabd789p-5, -0x1.de005e064de6ap-8, 0x1.275d3514ab1a3p-2, -0x1.872298f7ded04p0,
    0x1.d107e3cdad427p2,  -0x1.af1bb6155b637p4,  0x1.3f40a0e0a2922p6,  -0x1.75170fb86a095p7,
    0x1.53e0d271f0f1ep8,  -0x1.d6493448454f8p8,  0x1.d6e344ccde5dbp8,  -0x1.30f02f7876322p8,
    0x1.43b7bcbe5d496p6,  0x1.7bb51a79e0eebp5,   -0x1.9006689301262p5, 0x1.c1e982209d60fp3,
};

/* erfinv(1 - exp(-s^2)) = s p(s - 2), 1.17 <= s <= 3; error 2^-57.4 */
static const double erfinv_near_f64[] = {
    0x1.ab0e63b50a61cp-1,   0x1.b9427f5b56a23p-4,   -0x1.b598bdc5e73a2p-5,  0x1.7afa651ebfdf2p-6,
    -0x1.2690fc7dd5557p-7,  0x1.975f253d0f35cp-9,   -0x1.dc9cedd908e85p-11, 0x1.86088da384c3cp-13,
    0x1.e09069e21998fp-18,  -0x1.2e010b4d93d55p-15, 0x1.b71458a292b5bp-16,  -0x1.d219ccc5b4acp-17,
    0x1.9da202011ae16p-18,  -0x1.390cbf4c5a3cap-19, 0x1.81c81edfe22cbp-21,  -0x1.3005ae25eca1cp-23,
    -0x1.6e198215fe3acp-26, 0x1.79f3ec977e15dp-25,  -0x1.fd82321d9d7b4p-26, 0x1.f03997791a8b3p-27,
    -0x1.0009f595e37cdp-27, 0x1.285a3d633202ap-28,  -0x1.45a2e172e638ep-30, -0x1.1d2c345da9be2p-31,
    0x1.8219953d08ac6p-32,  0x1.95984afeecbd9p-36,  -0x1.285970994452ep-35,
};

/* erfinv(1 - exp(-s^2)) = s p(s - 4.5), 3 <= s <= 6.2; error 2^-57.6 */
static const double erfinv_far_f64[] = {
    0x1.e5683d59f19ddp-1,   0x1.22c1bf6c2f7d7p-6,   -0x1.36dfcb80a3ebdp-8,  0x1.2d0a27fc51096p-10,
    -0x1.137ee9e772b39p-12, 0x1.e4f0a3e7b838ap-15,  -0x1.9de9c95e81bd8p-17, 0x1.5803f0ddbce7ap-19,
    -0x1.16ddb417de243p-21, 0x1.b8e2a9d2c7ce4p-24,  -0x1.5340e7b49f64ap-26, 0x1.fa4a552562cc3p-29,
    -0x1.6bd7eef7000f6p-31, 0x1.f19c6bf4f176ap-34,  -0x1.3cfbff632c39cp-36, 0x1.656344e622578p-39,
    -0x1.1ba431164a7d1p-42, -0x1.06d6e8e01a75ap-47, 0x1.1ba7bc3864b1fp-47,  -0x1.2bdfe090b7669p-49,
    0x1.d9f7028358c38p-50,  -0x1.a8a9d4513bf4p-51,  0x1.f939ad4c4e174p-54,
};

#define CJ_DIGAMMA_ROOT_1_F64 0x1.762d86p0 /* where digamma is 0, in two parts */
#define CJ_DIGAMMA_ROOT_2_F64 0x1.ab5f1fb70d4e4p-27

/* lgamma(x) = (x - 1) (x - 2) p(x - 2), 1 <= x <= 3; error 2^-31.1 */
static const double lgamma_p_short[] = {
    0x1.b0ee607207ea2p-2,  -0x1.9ae65127468f6p-4,  0x1.0e0c9e790a901p-5,  -0x1.95cd83eeff8fp-7,
    0x1.4796af56c1052p-8,  -0x1.146b6d13faa48p-9,  0x1.e01e4f42423c1p-11, -0x1.a59b9aca80008p-12,
    0x1.7b327c215eb36p-13, -0x1.80198567a7557p-14, 0x1.6225fcb87233p-15,  -0x1.f138ff6ccd478p-18,
    0x1.bfdd850ca7eb8p-19, -0x1.4368620b62404p-17, 0x1.322919afae211p-18,
};

/* digamma(x) = (x - root) p(x - 2), 1 <= x <= 3; error 2^-28.3 */
static const double digamma_p_short[] = {
    0x1.9213d46882eddp-1,  -0x1.0aff28ccebbf5p-2,  0x1.be76b1e9775eap-4,  -0x1.95ea00740c5p-5,
    0x1.80281ca8595b7p-6,  -0x1.73e12c24f459fp-7,  0x1.6c1e60c3f7472p-8,  -0x1.60b9a8de88fd5p-9,
    0x1.5ec5d3632299fp-10, -0x1.9d79b0e9b7102p-11, 0x1.95b49a619acfap-12, -0x1.06c46be2a5553p-15,
    0x1.5069b813ac713p-16, -0x1.eeb3277e6648fp-14, 0x1.e3abdd57dfad8p-15,
};

/* lgamma(x) = (x - 1/2) log x - x + log(2 pi)/2 + p(1/x^2) / x, x >= 8; error 2^-41.4 */
static const double stirling_p_short[] = {
    0x1.555555554ef32p-4,
    -0x1.6c16bb0209159p-9,
    0x1.9ff9ad579b75cp-11,
    -0x1.2aef396a11d8bp-11,
};

/* digamma(x) = log x - 1/(2x) - p(1/x^2) / x^2, x >= 8; error 2^-38.2 */
static const double psi_tail_p_short[] = {
    0x1.555555551cd46p-4,
    -0x1.111102dbc2404p-7,
    0x1.03ec62b9a14d5p-8,
    -0x1.026f65ff1fe74p-8,
};

/* lgamma(x) = (x - 1) (x - 2) p(x - 2), 1 <= x <= 3; error 2^-56.3 */
static const double lgamma_p_f64[] = {
    0x1.b0ee6072093cep-2,   -0x1.9ae6509ea109fp-4,  0x1.0e0c9df2935a5p-5,  -0x1.95ce223a9cce5p-7,
    0x1.479748539f39ap-8,   -0x1.145121f9907f7p-9,  0x1.dfebcf962e8ebp-11, -0x1.a96a401959f3bp-12,
    0x1.7ed73220ebb6ep-13,  -0x1.5c86b4acbe439p-14, 0x1.402f42c5df60ep-15, -0x1.2850897c8b717p-16,
    0x1.13dfcea617e1p-17,   -0x1.022be5034d9d2p-18, 0x1.e5de7c5e84f26p-20, -0x1.ca79b01634b19p-21,
    0x1.abe09783a4b7ep-22,  -0x1.959faf206df8cp-23, 0x1.b4c5ad1107687p-24, -0x1.a506e36da3e4ap-25,
    0x1.77a762e2a4af3p-28,  -0x1.0f003f6e0533dp-29, 0x1.6919c1749a755p-26, -0x1.7006b9ddc0908p-27,
    -0x1.7b2cea7e13d4cp-27, 0x1.8941e1341146fp-28,  0x1.b62a8fd58dc21p-28, -0x1.c005205bbb5ffp-29,
    -0x1.f668a07a19ac2p-30, 0x1.0058332cb7c41p-30,  0x1.43f644f8c9c7fp-32, -0x1.46f01f12caaa5p-33,
};

/* digamma(x) = (x - root) p(x - 2), 1 <= x <= 3; error 2^-54.8 */
static const double digamma_p_f64[] = {
    0x1.9213d46736ba4p-1,   -0x1.0aff270ca07a7p-2,  0x1.be76b26db7f4cp-4,  -0x1.95ec0c3ba9529p-5,
    0x1.802924f9b24b4p-6,   -0x1.7389aa809722cp-7,  0x1.6bdf5e169881fp-8,  -0x1.6714cfdffa173p-9,
    0x1.640760c18e97ep-10,  -0x1.620f068d8a532p-11, 0x1.60c674ffc4823p-12, -0x1.5fef233bae6e5p-13,
    0x1.5f637d172ece7p-14,  -0x1.5f0699d83cb9dp-15, 0x1.5eaa97f04d278p-16, -0x1.5e75dec131059p-17,
    0x1.5f8896ae64181p-18,  -0x1.5ff65ed4ac93cp-19, 0x1.578b0866c02bdp-20, -0x1.538563dcb320bp-21,
    0x1.7c729c76a0b5bp-22,  -0x1.9389f661f7c45p-23, 0x1.1300436943c46p-24, -0x1.65e8951e55364p-26,
    0x1.78cd7e8b937c7p-26,  -0x1.480721a81f86ep-26, 0x1.9e004333136cbp-27, -0x1.20e30ec9399ddp-29,
    -0x1.23f92105297c8p-28, 0x1.119df96b65ee5p-30,  0x1.0daba39167143p-29, -0x1.cabbce173c3e6p-31,
};

/* lgamma(x) = (x - 1/2) log x - x + log(2 pi)/2 + p(1/x^2) / x, x >= 8; error 2^-57.6 */
static const double stirling_p_f64[] = {
    0x1.5555555555555p-4,  -0x1.6c16c16c107e3p-9,  0x1.a01a015bdfb5ep-11, -0x1.38132efd60fe8p-11,
    0x1.b91eafc1492fbp-11, -0x1.ee057b68e3476p-10, 0x1.41c9e20eef93bp-8,  0x1.53e24f95c3e1bp-10,
};

/* digamma(x) = log x - 1/(2x) - p(1/x^2) / x^2, x >= 8; error 2^-57.6 */
static const double psi_tail_p_f64[] = {
    0x1.5555555555555p-4, -0x1.111111110f59p-7,  0x1.041040f9954efp-8, -0x1.1111028c5fc1ep-8,
    0x1.f07151ae0d928p-8, -0x1.586cfdefbfe37p-6, 0x1.42b6e32aa3386p-4, -0x1.1d07877cee66dp-2,
};

/* B(2j) / (2j)!: the Euler-Maclaurin tail of the Hurwitz zeta function */
static const double zeta_b_f64[] = {
    0x1.5555555555555p-4,  -0x1.6c16c16c16c17p-10, 0x1.1566abc011567p-15, -0x1.bbd779334ef0bp-21,
    0x1.66a8f2bf70ebep-26, -0x1.22805d644267fp-31, 0x1.d6db2c4e09162p-37, -0x1.7da4e1f79955cp-42,
    0x1.355871d652e9ep-47, -0x1.f57d968caacf1p-53,
};

/* exp(-x) I0(x) = p(x/4 - 1), 0 <= x <= 8; error 2^-28.9 */
static const double i0e_near_short[] = {
    0x1.a7f09f94e46dp-3,   -0x1.cedda187a27d5p-4,  0x1.8322ca2d00515p-4,  -0x1.6cb86ea46a66p-4,
    0x1.65c2fdecf7932p-4,  -0x1.5c09c55e86841p-4,  0x1.44aea54afca7cp-4,  -0x1.1c9a53ac6aec4p-4,
    0x1.d15f35c3b70d5p-5,  -0x1.624afa8a887e6p-5,  0x1.ed6939fd2ef14p-6,  -0x1.3731871dd7b75p-6,
    0x1.88d83287f11dp-7,   -0x1.01c0e98d96754p-7,  0x1.e7ec45c57cd29p-9,  -0x1.bad9a50e78cbbp-11,
    0x1.59a1ee81434e4p-11, -0x1.b34b8945f9554p-11, 0x1.324d580dde5acp-12,
};

/* exp(-x) I0(x) sqrt(x) = p(16/x - 1), x >= 8; error 2^-33.1 */
static const double i0e_far_short[] = {
    0x1.9bd428ace89b3p-2,  0x1.b8796bf2f307cp-9,  0x1.1daad30afc6afp-13,
    0x1.75ca4a7011b04p-17, 0x1.8cc38a63d6b59p-20, 0x1.49feabe6cec9dp-22,
    0x1.c5691a1c0c7edp-24, 0x1.0f9da55a79a9cp-25, 0x1.aba657f96317ep-30,
};

/* exp(-x) I1(x) / x = p(x/4 - 1), 0 <= x <= 8; error 2^-30.0 */
static const double i1e_near_short[] = {
    0x1.6e14eb9301bd7p-5,  -0x1.f4bb0735b2eeap-5,  0x1.16c38f32105bfp-4,  -0x1.1881329276b6dp-4,
    0x1.053128eda4952p-4,  -0x1.c4db9808ba7b7p-5,  0x1.6df53936079b9p-5,  -0x1.13cc6643a1f21p-5,
    0x1.843dc2f4b03b9p-6,  -0x1.ff02d4703d842p-7,  0x1.3919f8fa13018p-7,  -0x1.663a77cd61962p-8,
    0x1.8f9e9ee0dbda9p-9,  -0x1.b1dd99c34b4bep-10, 0x1.76eaa63599fa5p-11, -0x1.df1e3b63ec355p-13,
    0x1.36c1bd4f566e2p-13, -0x1.ec65d9b267652p-14, 0x1.242017773cca8p-15,
};

/* exp(-x) I1(x) sqrt(x) = p(16/x - 1), x >= 8; error 2^-32.9 */
static const double i1e_far_short[] = {
    0x1.8ebe783ac8ca3p-2,   -0x1.3f79622a42744p-7,  -0x1.cbc5b941b10dap-13,
    -0x1.f87ff786916acp-17, -0x1.eadc0e6e6f144p-20, -0x1.80dc96c1a6a07p-22,
    -0x1.fb2d1e92ab979p-24, -0x1.334c0b84d3ac3p-25, -0x1.3f452d2685e7ap-29,
};

/* exp(-x) I0(x) = p(x/4 - 1), 0 <= x <= 8; error 2^-56.4 */
static const double i0e_near_f64[] = {
    0x1.a7f09f8eedf5ap-3,  -0x1.cedda0048620cp-4,  0x1.8322d1d8a3be6p-4,  -0x1.6cb8d0c91587bp-4,
    0x1.65c235bfea0a1p-4,  -0x1.5c028fe647b1p-4,   0x1.44b6196a87ed4p-4,  -0x1.1cd73a8e69c24p-4,
    0x1.d11e10f448b3dp-5,  -0x1.602411e2f716p-5,   0x1.ee6f566c16a6cp-6,  -0x1.427b098e14dcbp-6,
    0x1.87e866502a923p-7,  -0x1.bd258f2f88cdp-8,   0x1.da1ab67a047c8p-9,  -0x1.daf9abe8e6efap-10,
    0x1.c0f3ab3e03974p-11, -0x1.91806e1220d4fp-12, 0x1.549f2b28d99f2p-13, -0x1.12c3cec12dd55p-14,
    0x1.a66ed7ec1adecp-16, -0x1.366ad3cc1d423p-17, 0x1.b4c6c4e2994ebp-19, -0x1.2443d87af2798p-20,
    0x1.76cea9e2edf19p-22, -0x1.e7f0adbce7854p-24, 0x1.2ffd03ccc7c2cp-25, -0x1.0bebab22bd45ep-27,
    0x1.ed6f001b29c52p-30, -0x1.42e262c239a3dp-30, 0x1.84979f0d2d2fap-32,
};

/* exp(-x) I0(x) sqrt(x) = p(16/x - 1), x >= 8; error 2^-53.8 */
static const double i0e_far_f64[] = {
    0x1.9bd428ad249a5p-2,   0x1.b87969bb93bcp-9,   0x1.1daa72b5caca3p-13,  0x1.75e5ee701e37fp-17,
    0x1.8e513bfb3e623p-20,  0x1.3f49ad72c923ep-22, 0x1.7d0d9a4da4438p-24,  0x1.51cbf0bc58962p-25,
    0x1.7266855db850ep-26,  0x1.03e3dbc4abfa9p-27, -0x1.d41a88e2c5c5ap-28, -0x1.ce46099def592p-27,
    -0x1.6378e0eea869cp-28, 0x1.088030f462fep-27,  0x1.d71559fbfe66ep-28,  -0x1.069f209e40ec8p-28,
    -0x1.54dbd62ebc3fcp-28, 0x1.10b6f92a94cedp-29, 0x1.5000f1c9ec11p-29,   -0x1.1a752518c46c4p-30,
    -0x1.609e5e2533402p-31, 0x1.e31d92b9b0b62p-32, -0x1.16402608f32d9p-34, -0x1.11b7120b11accp-33,
    0x1.c11e0f5a8afbcp-34,  0x1.254f40cdeb41ap-36, -0x1.8e24a9eccb74fp-36,
};

/* exp(-x) I1(x) / x = p(x/4 - 1), 0 <= x <= 8; error 2^-53.9 */
static const double i1e_near_f64[] = {
    0x1.6e14eb8e5d319p-5,  -0x1.f4bb071a7752cp-5,  0x1.16c390ddb08cfp-4,  -0x1.1881379ffb592p-4,
    0x1.0530f817fff3bp-4,  -0x1.c4daa51342c5dp-5,  0x1.6df95e8bd340ap-5,  -0x1.13d5f35890e07p-5,
    0x1.84125b0e4b15bp-6,  -0x1.fe3d9c053b71dp-7,  0x1.3a0c19f0b987cp-7,  -0x1.6ab6a353fd9eap-8,
    0x1.89f8a7babae9bp-9,  -0x1.93682a6a9631ep-10, 0x1.8656b2d48d9b6p-11, -0x1.65bf32cfcb0abp-12,
    0x1.37438c051a125p-13, -0x1.01a6158fdba15p-14, 0x1.968d2a0345af8p-16, -0x1.325115b5dd2cdp-17,
    0x1.ba497080a0473p-19, -0x1.326a2a9c0334cp-20, 0x1.92c8689ec0fcbp-22, -0x1.f7856942246p-24,
    0x1.47f0ecd50fe72p-25, -0x1.b3462fe804e4ep-27, 0x1.78a506822d9bp-29,  -0x1.2b9a64b204e1dp-32,
    0x1.2e873878a8aeap-32, -0x1.5e5659733bab7p-33, 0x1.6045269d648ebp-36,
};

/* exp(-x) I1(x) sqrt(x) = p(16/x - 1), x >= 8; error 2^-56.3 */
static const double i1e_far_f64[] = {
    0x1.8ebe783a8403p-2,    -0x1.3f796198ee63ap-7,  -0x1.cbc54df1f20a5p-13, -0x1.f89c2304b77c7p-17,
    -0x1.ec8e0fa8c450fp-20, -0x1.761384bd2cbcdp-22, -0x1.ad8e44e16b139p-24, -0x1.7277b78907edp-25,
    -0x1.91679255b1c3fp-26, -0x1.21de7ffa3114ep-27, 0x1.cabc24611681dp-28,  0x1.e3a9bef1cbe0cp-27,
    0x1.aba435547abd8p-28,  -0x1.0b469602b5f7cp-27, -0x1.275a9fe7ca1e1p-27, 0x1.ff967774424c5p-29,
    0x1.0620254c06a2ep-27,  -0x1.01921ca83db4ap-29, -0x1.85583c3db942p-28,  0x1.072089ac06ffp-30,
    0x1.d28852b1ea9edp-29,  -0x1.c1a189f6a81a9p-32, -0x1.9857676d7fe8cp-30, 0x1.ff5631ddf713dp-34,
    0x1.c3b97f2746faap-32,  -0x1.1321a1dbd6fccp-36, -0x1.d2b5ec528ae0ep-35,
};

#endif
