#include "jobs/screen/feature.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>

namespace harmonia::screen {

namespace {

// Numbers pairs (a, b) densely from 1, in the order of first sight; open addressing.
class Pairs {
public:
    explicit Pairs(std::size_t expected) {
        std::size_t slots = 1024;
        while (slots < expected * 2)
            slots *= 2;
        keys_.resize(slots);
        ids_.resize(slots);
    }
    std::uint32_t id(std::uint64_t a, std::uint64_t b) {
        const std::size_t mask = ids_.size() - 1;
        std::size_t at = hash(a, b) & mask;
        while (ids_[at] != 0 && keys_[at] != std::pair(a, b))
            at = (at + 1) & mask;
        if (ids_[at] == 0) {
            keys_[at] = {a, b};
            ids_[at] = ++count_;
        }
        return ids_[at];
    }

private:
    static std::size_t hash(std::uint64_t a, std::uint64_t b) {
        std::uint64_t x = a * 0x9e3779b97f4a7c15ULL ^ (b + 0x632be59bd9b4e019ULL);
        x = (x ^ (x >> 32U)) * 0xd6e8feb86659fd93ULL;
        return x ^ (x >> 29U);
    }
    std::vector<std::pair<std::uint64_t, std::uint64_t>> keys_;
    std::vector<std::uint32_t> ids_;
    std::uint32_t count_ = 0;
};

} // namespace

std::optional<std::int64_t> raw_value(const History& history, Field field, std::size_t row) {
    if (field == Field::amount)
        return history.amount(row) < 0 ? std::nullopt : std::optional(history.amount(row));
    if (field == Field::event_time)
        return history.event_us(row);
    if (field > Field::event_time) {
        const auto position = history.position(field, row);
        return position ? std::optional(std::int64_t{*position}) : std::nullopt;
    }
    const std::uint32_t code = history.code(field, row);
    return code == 0 ? std::nullopt : std::optional(std::int64_t{code});
}

Groups group_by(const History& history, const std::vector<Field>& by) {
    const std::size_t size = history.size();
    std::vector<std::uint32_t> ids(size); // 0: a part of the key is missing
    std::uint32_t most = 0;
    for (std::size_t part = 0; part < by.size(); ++part) {
        const bool text = by[part] < Field::amount;
        if (part == 0 && text) {
            for (std::size_t row = 0; row < size; ++row)
                ids[row] = history.code(by[part], row);
        } else {
            Pairs pairs(size);
            for (std::size_t row = 0; row < size; ++row) {
                const auto value = raw_value(history, by[part], row);
                if (!value || (part > 0 && ids[row] == 0))
                    ids[row] = 0;
                else
                    ids[row] = pairs.id(ids[row], static_cast<std::uint64_t>(*value));
            }
        }
    }
    for (const std::uint32_t id : ids)
        most = std::max(most, id);
    // A counting sort keeps the order of rows, which is the order of time.
    std::vector<std::uint32_t> ends(std::size_t{most} + 2, 0);
    for (const std::uint32_t id : ids)
        ++ends[id + 1];
    const std::uint32_t left_out = ends[1];
    ends[1] = 0;
    for (std::size_t id = 2; id < ends.size(); ++id)
        ends[id] += ends[id - 1];
    Groups groups;
    groups.rows.resize(size - left_out);
    for (std::uint32_t row = 0; row < size; ++row)
        if (ids[row] != 0)
            groups.rows[ends[ids[row]]++] = row;
    for (std::size_t id = 1; id + 1 < ends.size(); ++id)
        if (ends[id] != groups.starts.back())
            groups.starts.push_back(ends[id]);
    return groups;
}

void in_parallel(unsigned threads, std::size_t count,
                 const std::function<void(std::size_t)>& task) {
    const std::size_t workers = std::min<std::size_t>(std::max(threads, 1U), count);
    if (workers <= 1) {
        for (std::size_t i = 0; i < count; ++i)
            task(i);
        return;
    }
    std::atomic<std::size_t> next = 0;
    std::exception_ptr failed;
    std::mutex guard;
    const auto work = [&] {
        try {
            for (std::size_t i = next++; i < count; i = next++)
                task(i);
        } catch (...) {
            const std::lock_guard lock(guard);
            failed = failed ? failed : std::current_exception();
            next = count;
        }
    };
    std::vector<std::thread> others;
    for (std::size_t i = 1; i < workers; ++i)
        others.emplace_back(work);
    work();
    for (std::thread& other : others)
        other.join();
    if (failed)
        std::rethrow_exception(failed);
}

} // namespace harmonia::screen
