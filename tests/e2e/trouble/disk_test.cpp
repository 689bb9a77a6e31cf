// Full disks and locked tables: the operator gets a clear message, nothing is lost, and the next
// run resumes where this one stopped.
#include "core/db/dsn.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/world.hpp"

#include <pwd.h>
#include <sys/mount.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>

using namespace harmonia;
using namespace harmonia::test;

namespace {

/// A separate file system of the given size that belongs to the database server's user. Needs root.
class SmallDisk {
public:
    explicit SmallDisk(int mebibytes) {
        const ::passwd* server = ::getpwnam("postgres");
        REQUIRE(server != nullptr);
        const std::string options = "mode=0700,uid=" + std::to_string(server->pw_uid) +
                                    ",size=" + std::to_string(mebibytes) + "m";
        const int mounted = ::mount("tmpfs", path().c_str(), "tmpfs", 0, options.c_str());
        INFO("mounting a file system needs root: " << std::strerror(errno));
        REQUIRE(mounted == 0);
    }
    ~SmallDisk() { ::umount2(path().c_str(), MNT_DETACH); }
    SmallDisk(const SmallDisk&) = delete;
    SmallDisk& operator=(const SmallDisk&) = delete;
    /// Leaves `leave` bytes free.
    void fill(std::uintmax_t leave) const {
        const auto space = std::filesystem::space(path());
        REQUIRE(space.free > leave);
        std::ofstream(filler()) << std::string(space.free - leave, 'x');
    }
    void clear() const { std::filesystem::remove(filler()); }
    [[nodiscard]] std::string path() const { return directory_.path(); }

private:
    [[nodiscard]] std::string filler() const { return path() + "/filler"; }
    TempDir directory_;
};

/// As the owner of the server, in the database `postgres`.
void as_superuser(const std::string& sql) {
    db::Settings settings;
    settings.dsn = db::dsn_with_database(std::getenv("HARMONIA_DATABASE_DSN"), "postgres");
    settings.dsn += " user=postgres"; // the private server trusts loopback; the last one counts
    db::connect(settings)->run_alone(sql, Failpoint::migrate_commit);
}

/// The database of a world, moved to a separate disk and back.
class OnSmallDisk {
public:
    OnSmallDisk(const World& world, const SmallDisk& disk)
        : database_(db::quoted_identifier(world.database().name())),
          space_(db::quoted_identifier(world.database().name() + "_space")) {
        as_superuser("CREATE TABLESPACE " + space_ + " LOCATION '" + disk.path() + "'");
        as_superuser("ALTER DATABASE " + database_ + " SET TABLESPACE " + space_);
    }
    ~OnSmallDisk() {
        as_superuser("ALTER DATABASE " + database_ + " SET TABLESPACE pg_default");
        as_superuser("DROP TABLESPACE " + space_);
    }
    OnSmallDisk(const OnSmallDisk&) = delete;
    OnSmallDisk& operator=(const OnSmallDisk&) = delete;

private:
    std::string database_, space_;
};

struct Books {
    std::string digest;
    std::set<std::string> told;
};

Books books_of(const World& world) {
    for (const auto& command : World::pipeline())
        world.must(command);
    return {world.digest(), world.told()};
}

const Books& undisturbed() {
    static const Books books = books_of(World());
    return books;
}

void ends_the_same(const World& world) {
    const Books books = books_of(world);
    CHECK(books.digest == undisturbed().digest);
    CHECK(difference(books.told, undisturbed().told).empty());
}

bool says(const Finished& finished, const std::string& text) {
    INFO(finished.err);
    const bool said = finished.err.find(text) != std::string::npos;
    CHECK(said);
    return said;
}

} // namespace

TEST_CASE(
    "the database's disk is full: exit 74 says so, and with space freed the next run resumes") {
    constexpr int k_disk_mebibytes = 64;
    constexpr std::uintmax_t k_room = 96
                                      << 10; // a few pages: some blocks are stored, others are not
    const World world;
    const SmallDisk disk(k_disk_mebibytes);
    {
        const OnSmallDisk placed(world, disk);
        disk.fill(k_room);
        const Finished full = world.harmonia(World::pipeline().front());
        CHECK(full.exit == 74);
        says(full, "disk");
        says(full, "Free disk space");
        disk.clear();
        ends_the_same(world);
    }
}

TEST_CASE("a file cannot grow: exit 74 names it, and the next export writes it completely") {
    const World world;
    for (const auto& command : World::pipeline())
        if (command.front() != "export")
            world.must(command);
    Launch launch = world.launch({"export"});
    launch.file_bytes_max = 512;
    const Finished full = run(launch);
    CHECK(full.exit == 74);
    says(full, "exports");
    ends_the_same(world);
}

TEST_CASE("a table is locked: exit 75 says how to find out by whom, and the next run resumes") {
    const World world;
    {
        const auto other = world.database().connect();
        db::Transaction tx(*other);
        tx.exec("LOCK TABLE harmonia.import_transaction IN ACCESS EXCLUSIVE MODE");
        const Finished locked = world.harmonia(World::pipeline().front());
        CHECK(locked.exit == 75);
        says(locked, "lock");
        says(locked, "pg_blocking_pids");
    }
    ends_the_same(world);
}
