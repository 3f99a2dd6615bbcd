#include "ops/exit_code.h"

#include <gtest/gtest.h>

#include <exception>
#include <new>
#include <sstream>
#include <stdexcept>
#include <string>

namespace cartella::ops {
namespace {

template <class Exception>
std::string said_of(const Exception& exception) {
  std::ostringstream said;
  EXPECT_EQ(exit_code_of_exception(std::make_exception_ptr(exception), said), kExitSystem);
  return said.str();
}

TEST(ExitCode, AnEscapedExceptionIsToldWithoutItsText) {
  const std::string said = said_of(std::runtime_error("PRVFTZ59A41D653B"));

  EXPECT_TRUE(said.starts_with("cartella: errore imprevisto")) << said;
  EXPECT_EQ(said.find("PRVFTZ"), std::string::npos);
  EXPECT_EQ(said_of(42), said);
  std::ostringstream none;
  EXPECT_EQ(exit_code_of_exception(nullptr, none), kExitSystem);
  EXPECT_EQ(none.str(), said);
  EXPECT_TRUE(said_of(std::bad_alloc()).starts_with("cartella: memoria insufficiente"));
}

}  // namespace
}  // namespace cartella::ops
