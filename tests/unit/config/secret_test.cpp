#include "core/config/config.hpp"
#include "core/config/secret.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/config/support.hpp"

#include <stdlib.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

using namespace harmonia;
using config::mask_credentials;
using config::parse;
using test::refusal;
namespace fs = std::filesystem;

namespace {

struct Directory {
    Directory() {
        char name[] = "/tmp/harmonia-secret-XXXXXX";
        path = ::mkdtemp(name);
    }
    ~Directory() { fs::remove_all(path); }
    void write(const char* name, fs::perms permissions) const {
        std::ofstream(path / name) << "open sesame\n";
        fs::permissions(path / name, permissions);
    }
    fs::path path;
};

std::optional<std::string> read(const std::string& yaml) {
    config::Reader reader(parse(yaml, "f"));
    auto text = config::secret(reader, "password");
    reader.finish();
    return text;
}

} // namespace

TEST_CASE("a secret comes from its own text or from the file that its _file key names") {
    const Directory directory;
    directory.write("key", fs::perms::owner_read);
    const std::string path = (directory.path / "key").string();
    CHECK(read("password: x\n") == "x");
    CHECK(read("password_file: " + path + "\n") == "open sesame");
    CHECK(read("password: ''\npassword_file: ''\n") == std::nullopt);
    CHECK(refusal([] { read("password_file: /nowhere/key\n"); }).exit == Exit::config);
    fs::permissions(path, fs::perms::owner_read | fs::perms::group_read);
    CHECK(refusal([&] { read("password_file: " + path + "\n"); }).exit == Exit::permission);
}

TEST_CASE("relative secret files are looked up in the credentials directory first") {
    const Directory directory;
    directory.write("pg", fs::perms::owner_read);
    ::setenv("CREDENTIALS_DIRECTORY", directory.path.c_str(), 1);
    CHECK(read("password_file: pg\n") == "open sesame");
    ::unsetenv("CREDENTIALS_DIRECTORY");
    CHECK(refusal([] { read("password_file: pg\n"); }).exit == Exit::config);
}

TEST_CASE("credentials in addresses are masked") {
    CHECK(mask_credentials("amqp://u:p%40@h:5672/%2f") == "amqp://u:***@h:5672/%2f");
    CHECK(mask_credentials("postgresql://u:a:b@c@h/d?x=y@z") == "postgresql://u:***@h/d?x=y@z");
    CHECK(mask_credentials("postgresql://h:5432/d") == "postgresql://h:5432/d");
    CHECK(mask_credentials("postgresql://u@h/d?password=p&x=1") ==
          "postgresql://u@h/d?password=***&x=1");
    CHECK(mask_credentials("host=h password=p dbname=d") == "host=h password=*** dbname=d");
    CHECK(mask_credentials("password = 'a \\' b' host=h") == "password = *** host=h");
    CHECK(mask_credentials("password='a") == "password=***");
    CHECK(mask_credentials("the password") == "the password");
    CHECK(mask_credentials("password=") == "password=");
    CHECK(mask_credentials("a://u:p@h b://v:q@i") == "a://u:***@h b://v:***@i");
}

TEST_CASE("what is shown holds no secret") {
    const auto root =
        parse("databases: {x: {password: hush, password_file: /p}}\n"
              "exports: [{name: e, auth: {api_key: hush2}, url: 'https://u:hush3@h/'}]\n"
              "feeds: [{name: f, map: {card_token: tok}}]\n",
              "f");
    const std::string shown = config::render(root, true);
    CHECK(shown.find("hush") == std::string::npos);
    CHECK(shown.find("password_file: /p") != std::string::npos);
    CHECK(shown.find("card_token: tok") != std::string::npos);
}
