/* Counts fsync and fdatasync of the process it is preloaded into, in a file that others read (COUNT_SYNCS_FILE). */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static uint64_t nowhere;
static uint64_t *count = &nowhere;

__attribute__((constructor)) static void open_counter(void) {
  const char *path = getenv("COUNT_SYNCS_FILE");
  int fd = path == NULL ? -1 : open(path, O_RDWR | O_CREAT, 0644);
  if (fd < 0 || ftruncate(fd, sizeof *count) != 0) return;
  void *page = mmap(NULL, sizeof *count, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (page != MAP_FAILED) count = page;
}

typedef int (*sync_call)(int);

int fsync(int fd) {
  __atomic_add_fetch(count, 1, __ATOMIC_RELAXED);
  return ((sync_call)dlsym(RTLD_NEXT, "fsync"))(fd);
}

int fdatasync(int fd) {
  __atomic_add_fetch(count, 1, __ATOMIC_RELAXED);
  return ((sync_call)dlsym(RTLD_NEXT, "fdatasync"))(fd);
}
