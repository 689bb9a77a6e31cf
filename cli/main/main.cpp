#include "cli/app.hpp"

int main(int argc, char** argv) {
    return harmonia::cli::run_program(argc, argv);
}
