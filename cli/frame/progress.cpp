#include "cli/frame/progress.hpp"

#include "core/base/log.hpp"
#include "core/base/text.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace harmonia::cli {
namespace {

constexpr std::chrono::steady_clock::duration k_redraw = std::chrono::milliseconds(100);
constexpr std::chrono::steady_clock::duration k_log_every = std::chrono::seconds(30);
constexpr std::size_t k_bar_width = 20;
constexpr double k_settle_s = 1.0; // a rate over less than this is noise

ProgressBar* g_bar = nullptr; // the log's guards carry no argument; one bar per process

std::size_t terminal_width() {
    winsize size{};
    if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;
    return 80;
}

std::string clock_text(double seconds) {
    const auto whole = static_cast<long>(std::ceil(seconds));
    if (whole >= 3600)
        return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
    return fmt::format("{}:{:02}", whole / 60, whole % 60);
}

} // namespace

std::string progress_line(const ProgressState& state, double seconds, std::size_t width) {
    std::string line;
    double fraction = 0;
    if (state.total > 0) {
        fraction =
            std::min(1.0, static_cast<double>(state.done) / static_cast<double>(state.total));
        const auto filled = static_cast<std::size_t>(fraction * k_bar_width);
        line += "[" + std::string(filled, '=');
        line += filled < k_bar_width ? ">" + std::string(k_bar_width - filled - 1, ' ') : "";
        line += fmt::format("] {:3.0f} %  ", std::floor(fraction * 100));
    }
    line += fmt::format("{} records", state.records);
    if (seconds >= k_settle_s) {
        line += fmt::format("  {:.0f}/s", static_cast<double>(state.records) / seconds);
        if (fraction > 0 && fraction < 1)
            line += "  " + clock_text(seconds * (1 - fraction) / fraction) + " left";
    }
    line += "  " + state.phase + " " + printable(state.what, 200);
    return line.substr(0, width);
}

ProgressBar::ProgressBar(bool draw) : draw_(draw), said_(Clock::now()) {
    g_bar = this;
    log::set_line_guard(before_log_line, after_log_line);
}

ProgressBar::~ProgressBar() {
    log::set_line_guard(nullptr, nullptr);
    g_bar = nullptr;
    wipe();
}

void ProgressBar::before_log_line() {
    g_bar->mutex_.lock();
    g_bar->wipe();
}

void ProgressBar::after_log_line() {
    g_bar->show();
    g_bar->mutex_.unlock();
}

void ProgressBar::wipe() {
    if (!line_.empty())
        std::fputs("\r\x1b[K", stderr);
}

void ProgressBar::show() {
    if (!line_.empty()) {
        std::fputs(("\r" + line_ + "\x1b[K").c_str(), stderr);
        std::fflush(stderr);
    }
}

void ProgressBar::update(const ProgressState& state) {
    const auto now = Clock::now();
    const std::string stage = state.phase + state.what;
    if (stage != stage_) {
        stage_ = stage;
        stage_began_ = now;
    }
    if (now - said_ < (draw_ ? k_redraw : k_log_every))
        return;
    said_ = now;
    if (!draw_) {
        log::info("progress", {{"phase", state.phase},
                               {"of", state.what},
                               {"records", state.records},
                               {"bytes", state.done},
                               {"bytes_total", state.total}});
        return;
    }
    const std::chrono::duration<double> seconds = now - stage_began_;
    const std::lock_guard lock(mutex_);
    line_ = progress_line(state, seconds.count(), terminal_width() - 1);
    show();
}

} // namespace harmonia::cli
