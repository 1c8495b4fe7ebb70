#include "core/interruptible_writer.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <string>
#include <thread>

namespace deepstack {
namespace {

class InterruptibleWriterTest : public testing::Test {
 protected:
  InterruptibleWriterTest() : before_(std::signal(SIGPIPE, SIG_IGN)) {
    if (pipe2(ends_, O_CLOEXEC) != 0) std::abort();
  }
  ~InterruptibleWriterTest() override {
    close_reader();
    std::signal(SIGPIPE, before_);
  }
  void close_reader() {
    if (ends_[0] >= 0) close(ends_[0]);
    ends_[0] = -1;
  }

  int ends_[2];
  void (*before_)(int);
};

TEST_F(InterruptibleWriterTest, WritesAllThatAReaderTakes) {
  const InterruptibleWriter writer(ends_[1]);
  ASSERT_TRUE(writer.is_open());
  const std::string text(300'000, 'x');  // more than a pipe holds
  std::string read_back(text.size(), '\0');
  std::thread reader([&] {
    size_t done = 0;
    ssize_t bytes = 0;
    while (done < text.size() &&
           (bytes = read(ends_[0], read_back.data() + done, text.size() - done)) > 0) {
      done += static_cast<size_t>(bytes);
    }
  });
  EXPECT_EQ(writer.write(text), 0);
  reader.join();
  EXPECT_EQ(read_back, text);
}

TEST_F(InterruptibleWriterTest, AnInterruptEndsTheWaitForAReaderThatHangs) {
  const InterruptibleWriter writer(ends_[1]);
  std::thread other([&] { writer.interrupt(); });
  EXPECT_EQ(writer.write(std::string(300'000, 'x')), ECANCELED);
  other.join();
  EXPECT_EQ(writer.write("y"), ECANCELED) << "for good";
}

TEST_F(InterruptibleWriterTest, AReaderThatIsGoneIsSaid) {
  const InterruptibleWriter writer(ends_[1]);
  close_reader();
  EXPECT_EQ(writer.write("x"), EPIPE);
}

TEST(InterruptibleWriter, OfNothingIsNotOpen) { EXPECT_FALSE(InterruptibleWriter(-1).is_open()); }

}  // namespace
}  // namespace deepstack
