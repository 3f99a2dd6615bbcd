// base/free_by.h: what std::unique_ptr calls where a library frees its things by a function.
//
// Threads: a value.
#pragma once

namespace cartella {

// using Certificate = std::unique_ptr<X509, FreeBy<X509_free>>;
template <auto F>
struct FreeBy {
  template <class T>
  void operator()(T* thing) const {
    F(thing);
  }
};

}  // namespace cartella
