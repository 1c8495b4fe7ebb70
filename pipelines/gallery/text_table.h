// TextTable: rows of a table for people, columns as wide as what is in them. Cells hold UTF-8 that
// was checked before; what is too long is cut.
#pragma once

#include <string>
#include <vector>

namespace deepstack {

class TextTable {
 public:
  explicit TextTable(std::vector<std::string> heads) : rows_{std::move(heads)} {}

  void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  std::string text() const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

// "2026-11-25 19:06:14" UTC; what is no date of this era as seconds.
std::string time_text(double unix_s);

// A name that a store has, as a terminal may show it.
std::string name_text(const std::string& name);

}  // namespace deepstack
