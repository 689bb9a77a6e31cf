#include "core/card/card_key.hpp"

#include "core/base/error.hpp"
#include "core/card/pan.hpp"
#include "core/config/config.hpp"
#include "core/config/secret.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>

namespace harmonia::card {
namespace {

constexpr std::size_t k_key_bytes = 32, k_label_bytes = 8;
constexpr long long k_key_id_max = std::numeric_limits<short>::max();

[[noreturn]] void refuse(const std::string& path, const std::string& why) {
    throw Error(Exit::config, fmt::format("card key file {} {}", path, why),
                "Make one with: head -c 32 /dev/urandom > FILE; chmod 0400 FILE");
}

std::string read_key(const std::string& name) {
    const std::string path = config::located_secret(name);
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        refuse(path, fmt::format("cannot be opened: {}", std::strerror(errno)));
    struct stat info {};
    std::string key(k_key_bytes + 1, '\0');
    const bool known = ::fstat(fd, &info) == 0;
    const ssize_t got = ::read(fd, key.data(), key.size());
    ::close(fd);
    if (!known || (info.st_mode & 0377) != 0) {
        wipe(key.data(), key.size());
        refuse(path, "must be readable only by its owner and writable by nobody (mode 0400)");
    }
    if (got != static_cast<ssize_t>(k_key_bytes)) {
        wipe(key.data(), key.size());
        refuse(path, "must have exactly 32 bytes");
    }
    wipe(key.data() + k_key_bytes, 1);
    key.resize(k_key_bytes);
    return key;
}

bool all_digits(const std::string& text) {
    return !text.empty() &&
           std::all_of(
               text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

} // namespace

CardSettings read_card_settings(const config::Value& root) {
    CardSettings settings;
    const auto section = config::lookup(root, "cards");
    if (!section)
        return settings;
    config::Reader reader(*section);
    settings.key_file = reader.text("card_key_file", "");
    settings.previous_key_file = reader.text("card_key_previous_file", "");
    settings.key_id = static_cast<int>(reader.integer("card_key_id", 1, 1, k_key_id_max));
    settings.previous_key_id =
        static_cast<int>(reader.integer("card_key_previous_id", 0, 0, k_key_id_max));
    if (settings.previous_key_id == 0)
        settings.previous_key_id = settings.key_id - 1;
    if (const auto ranges = reader.optional("private_ranges")) {
        settings.private_ranges = ranges->as_text_list();
        for (const std::string& range : settings.private_ranges)
            if (!all_digits(range))
                ranges->fail("must be leading digits, got '" + range + "'");
    }
    reader.finish();
    if (!settings.previous_key_file.empty() &&
        (settings.previous_key_id == 0 || settings.previous_key_id == settings.key_id))
        section->fail("card_key_previous_id must be at least 1 and differ from card_key_id",
                      "Give the new key the next number: card_key_id: 2.");
    return settings;
}

std::shared_ptr<const CardKeys> CardKeys::open(const CardSettings& settings) {
    if (settings.key_file.empty())
        throw Error(
            Exit::config, "a record has a card number, but cards.card_key_file is not set",
            "Name a file of 32 random bytes and mode 0400 that only this program can read.");
    std::shared_ptr<CardKeys> keys(new CardKeys);
    keys->key_ = read_key(settings.key_file);
    keys->key_id_ = settings.key_id;
    if (!settings.previous_key_file.empty()) {
        keys->previous_ = read_key(settings.previous_key_file);
        keys->previous_id_ = settings.previous_key_id;
    }
    return keys;
}

CardKeys::~CardKeys() {
    wipe(key_.data(), key_.size());
    wipe(previous_.data(), previous_.size());
}

CardHash CardKeys::hash(std::string_view digits) const {
    return {key_id_, hmac_sha256(key_, digits)};
}

std::optional<CardHash> CardKeys::previous_hash(std::string_view digits) const {
    if (previous_.empty())
        return std::nullopt;
    return CardHash{previous_id_, hmac_sha256(previous_, digits)};
}

std::string card_label(const Sha256Digest& hmac) {
    return hex({reinterpret_cast<const char*>(hmac.data()), k_label_bytes});
}

} // namespace harmonia::card
