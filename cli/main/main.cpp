#include "cli/frame/app.hpp"

int main(int argc, char** argv) {
    return harmonia::cli::run_program(argc, argv);
}
