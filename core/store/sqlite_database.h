// SqliteDatabase, SqliteStatement, SqliteTransaction: SQLite with errors as Status that name the
// file, and nothing to be closed by hand. One thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "core/status.h"

struct sqlite3;
struct sqlite3_stmt;

namespace deepstack {

enum class StoreAccess { kRead, kWrite };

class SqliteStatement {
 public:
  // Parameters are numbered from 1. Text and blobs are not copied: they stay until reset().
  SqliteStatement& bind(int parameter, int64_t value);
  SqliteStatement& bind(int parameter, double value);
  SqliteStatement& bind(int parameter, std::string_view value);
  SqliteStatement& bind(int parameter, std::span<const std::byte> value);

  // True: a row is there. After false or an error the statement can be bound anew.
  Result<bool> step();
  // For statements without rows.
  Status run();
  void reset();

  // Columns of the row, from 0; valid until the next step.
  int64_t integer(int column) const;
  double real(int column) const;
  std::string_view text(int column) const;
  std::span<const std::byte> blob(int column) const;

 private:
  friend class SqliteDatabase;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  std::string file_;
  int bind_error_ = 0;
};

class SqliteDatabase {
 public:
  // kWrite creates the file when there is none. Nothing in the file is run as a program: no
  // extension, no trusted schema. A row or text is at most 16 MiB.
  static Result<SqliteDatabase> open(const std::filesystem::path& file, StoreAccess access);

  Status execute(const std::string& sql);
  Result<SqliteStatement> prepare(std::string_view sql);
  // The first column of the first row of a statement that has one.
  Result<int64_t> integer(std::string_view sql);
  // Executes a statement without rows, its parameters bound in order; how many rows it changed itself.
  template <typename... Values>
  Result<int64_t> run(std::string_view sql, const Values&... values) {
    Result<SqliteStatement> statement = prepare(sql);
    if (!statement.ok()) return statement.status();
    int parameter = 0;
    (statement->bind(++parameter, values), ...);
    if (Status status = statement->run(); !status.ok()) return status;
    return changed_rows();
  }

  const std::string& file() const { return file_; }

 private:
  friend class SqliteTransaction;
  friend class SqliteChanges;
  int64_t changed_rows() const;
  struct Close {
    void operator()(sqlite3* database) const;
  };
  static Result<SqliteDatabase> open(const std::string& uri, const std::string& file, int flags);

  std::unique_ptr<sqlite3, Close> database_;
  std::string file_;
};

// What is executed while it lives is done by commit(), or not at all.
class SqliteTransaction {
 public:
  static Result<SqliteTransaction> begin(SqliteDatabase& database);
  SqliteTransaction(SqliteTransaction&& other) noexcept;
  SqliteTransaction& operator=(SqliteTransaction&&) = delete;
  ~SqliteTransaction();
  Status commit();

 private:
  explicit SqliteTransaction(SqliteDatabase& database) : database_(&database) {}
  SqliteDatabase* database_;  // null: over
};

}  // namespace deepstack
