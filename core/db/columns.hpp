// One list of columns for the statement and for who reads or writes its rows: an enumeration gives
// the positions, the list beside it their names or expressions, and the compiler compares the two.
//
//     enum class PaymentColumn { id, amount, fresh };
//     constexpr auto k_payment_columns = db::columns<PaymentColumn>({
//         {PaymentColumn::id, "x.id"},
//         {PaymentColumn::amount, "x.spend_amount"},
//         {PaymentColumn::fresh, "x.admitted_at IS NULL"},
//     });
//
//     fmt::format("SELECT {} FROM payment x", k_payment_columns.list())  …  row[PaymentColumn::id]
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace harmonia::db {

template <typename Position, std::size_t N>
class Columns {
public:
    consteval explicit Columns(const std::pair<Position, std::string_view> (&columns)[N]) {
        for (std::size_t i = 0; i < N; ++i) {
            if (static_cast<std::size_t>(columns[i].first) != i)
                throw "the list is not in the order of its enumeration";
            names_[i] = columns[i].second;
        }
    }
    /// `a, b, c`, each with `prefix` (`x.`) before it.
    [[nodiscard]] std::string list(std::string_view prefix = {}) const {
        std::string out;
        for (const std::string_view name : names_) {
            out += out.empty() ? "" : ", ";
            out += prefix;
            out += name;
        }
        return out;
    }
    /// For CopyIn; the names must then be those of columns.
    [[nodiscard]] std::vector<std::string> names() const { return {names_.begin(), names_.end()}; }
    [[nodiscard]] static constexpr std::size_t size() { return N; }

private:
    std::array<std::string_view, N> names_{};
};

template <typename Position, std::size_t N>
[[nodiscard]] consteval Columns<Position, N>
columns(const std::pair<Position, std::string_view> (&list)[N]) {
    return Columns<Position, N>(list);
}

} // namespace harmonia::db
