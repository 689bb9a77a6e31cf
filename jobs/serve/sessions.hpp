// Database sessions shared by the threads of an API: opened when needed, kept while they work,
// never more than there are requests at the same time.
#pragma once

#include "core/db/connection.hpp"

#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace harmonia::serve {

/// Any thread.
class Sessions {
public:
    /// Does not connect yet. A request waits for its database, but not for long: one attempt to
    /// connect, and a statement timeout.
    explicit Sessions(db::Settings settings);

    /// `read(session)`, which must be safe to repeat: if a kept session turns out to be lost, it is
    /// called once more on a new one. Throws Error(unavailable) when no session can be opened,
    /// whatever the reason, otherwise db::Failure.
    template <typename Read>
    auto with(Read&& read) {
        if (auto kept = take()) {
            try {
                return run(std::move(kept), read);
            } catch (const db::Failure& failure) {
                if (failure.exit() != Exit::unavailable)
                    throw;
            }
        }
        return run(open(), read);
    }

private:
    using Session = std::unique_ptr<db::Connection>;

    /// A session on which a statement failed is not kept.
    template <typename Read>
    auto run(Session session, Read& read) {
        auto result = read(*session);
        keep(std::move(session));
        return result;
    }
    [[nodiscard]] Session open() const;
    [[nodiscard]] Session take();
    void keep(Session session);

    db::Settings settings_;
    std::mutex mutex_;
    std::vector<Session> idle_;
};

} // namespace harmonia::serve
