// What CUDA and CuPy's carray.cuh give a kernel's code, for one host thread.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
using namespace std;

#define __device__
#define __host__
#define __forceinline__ inline
typedef _Float16 float16;

template <class A, class B> static inline auto max(A a, B b) -> decltype(a + b) { return a > b ? a : b; }
template <class A, class B> static inline auto min(A a, B b) -> decltype(a + b) { return a < b ? a : b; }
template <class A> static inline A rsqrt(A a) { return A(1) / sqrt(a); }
template <class A> static inline A atomicAdd(A *place, A value) {
  A old = *place;
  *place += value;
  return old;
}
static inline uint32_t __umulhi(uint32_t a, uint32_t b) { return uint32_t((uint64_t(a) * b) >> 32); }

// Half precision computes in single precision, as CuPy's float16 does.
#define HALF(f) static inline float16 f(float16 a) { return (float16)std::f((float)a); }
HALF(exp) HALF(log) HALF(sqrt) HALF(tanh) HALF(log1p) HALF(expm1) HALF(sin) HALF(cos) HALF(fabs)
static inline float16 pow(float16 a, float16 b) { return (float16)std::pow((float)a, (float)b); }

template <class T> struct CArray {
  T *elements;
  ptrdiff_t count;
  const ptrdiff_t *lengths;
  T &operator[](ptrdiff_t i) const { return elements[i]; }
  ptrdiff_t size() const { return count; }
  const ptrdiff_t *shape() const { return lengths; }
};
struct CIndexer {
  ptrdiff_t count;
  ptrdiff_t size() const { return count; }
};
