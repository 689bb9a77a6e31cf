#define CATCH_CONFIG_MAIN
#include "tests/support/catch.hpp"
#include "tests/support/catch_results.hpp"
