#include "core/config/comments.hpp"

#include "core/base/text.hpp"

namespace harmonia::config {

bool comment_line(std::string_view line, std::string_view& text) {
    line = trim(line);
    if (!line.starts_with('#'))
        return false;
    text = trim(line.substr(1));
    return true;
}

std::string comment_of(const std::vector<std::string_view>& lines, std::size_t index) {
    std::string_view text;
    std::size_t first = index;
    while (first > 0 && comment_line(lines[first - 1], text))
        --first;
    std::string help;
    const auto add = [&](std::string_view more) {
        help += help.empty() ? "" : " ";
        help += more;
    };
    for (std::size_t i = first; i < index; ++i)
        if (comment_line(lines[i], text))
            add(text);
    const std::size_t behind = lines[index].find(" #");
    if (behind != std::string_view::npos)
        add(trim(lines[index].substr(behind + 2)));
    return help;
}

} // namespace harmonia::config
