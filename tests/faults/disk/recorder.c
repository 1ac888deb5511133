/* Loaded before libc (LD_PRELOAD): writes down, in order, what a process does to the files below one folder.
 *
 *   RECORD_DIR   the folder, absolute, without a slash at the end
 *   RECORD_LOG   the log: records of a fixed head, the file's name relative to the folder, and the bytes written
 *
 * One lock is held over each call and its record, so that the log's order is the order in which the kernel saw them.
 * Calls that fail leave no record. What is mapped into memory is not seen: SQLite maps only its -shm, which it makes
 * anew after a crash.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { OP_CREATE = 1, OP_WRITE, OP_TRUNCATE, OP_SYNC, OP_UNLINK, OP_RENAME, OP_LINK };
struct head { uint32_t op, name_bytes; uint64_t offset, bytes; };

#define FDS 4096
static char *names[FDS];
static char dir[PATH_MAX];
static size_t dir_bytes;
static int log_fd = -1;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

__attribute__((constructor)) static void begin(void) {
    const char *wanted = getenv("RECORD_DIR"), *log = getenv("RECORD_LOG");
    if (!wanted || !log) return;
    dir_bytes = strlen(wanted);
    memcpy(dir, wanted, dir_bytes + 1);
    log_fd = (int)syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static void record(uint32_t op, const char *name, uint64_t offset, const void *data, uint64_t bytes) {
    struct head head = {op, (uint32_t)strlen(name), offset, bytes};
    struct iovec parts[3] = {{&head, sizeof head}, {(void *)name, head.name_bytes}, {(void *)data, data ? bytes : 0}};
    ssize_t want = (ssize_t)(sizeof head + head.name_bytes + parts[2].iov_len);
    if (syscall(SYS_writev, log_fd, parts, 3) != want) { fprintf(stderr, "recorder: log cut short\n"); _exit(97); }
}

/* The name relative to the folder ("" for the folder itself), or NULL for files elsewhere. */
static const char *inside(const char *path) {
    if (log_fd < 0 || !path || strncmp(path, dir, dir_bytes)) return NULL;
    if (path[dir_bytes] == 0) return path + dir_bytes;
    return path[dir_bytes] == '/' ? path + dir_bytes + 1 : NULL;
}

static const char *of(int fd) { return fd >= 0 && fd < FDS ? names[fd] : NULL; }

static int opened(int at, const char *path, int flags, mode_t mode) {
    const char *name = inside(path);
    pthread_mutex_lock(&lock);
    struct stat there;
    int known = name && stat(path, &there) == 0;
    uint64_t size = known ? (uint64_t)there.st_size : 0;
    int fd = (int)syscall(SYS_openat, at, path, flags, mode);
    int error = errno;
    if (fd >= 0 && fd < FDS) {
        free(names[fd]);
        names[fd] = name ? strdup(name) : NULL;
        if (name && (flags & O_CREAT) && !known) record(OP_CREATE, name, 0, NULL, 0);
        if (name && (flags & O_TRUNC) && known && size) record(OP_TRUNCATE, name, 0, NULL, 0);
    }
    pthread_mutex_unlock(&lock);
    errno = error;
    return fd;
}

static mode_t mode_of(int flags, va_list rest) {
    return (flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE ? (mode_t)va_arg(rest, int) : 0;
}
#define OPENS(NAME, AT, ...)                                                                                           \
    int NAME(__VA_ARGS__, int flags, ...) {                                                                            \
        va_list rest; va_start(rest, flags);                                                                           \
        mode_t mode = mode_of(flags, rest);                                                                            \
        va_end(rest);                                                                                                  \
        return opened(AT, path, flags, mode);                                                                          \
    }
OPENS(open, AT_FDCWD, const char *path)
OPENS(open64, AT_FDCWD, const char *path)
OPENS(openat, at, int at, const char *path)
OPENS(openat64, at, int at, const char *path)

int close(int fd) {
    pthread_mutex_lock(&lock);
    if (fd >= 0 && fd < FDS) { free(names[fd]); names[fd] = NULL; }
    pthread_mutex_unlock(&lock);
    return (int)syscall(SYS_close, fd);
}

static ssize_t written(int fd, const void *data, size_t bytes, int64_t offset) {
    if (!of(fd)) return offset < 0 ? syscall(SYS_write, fd, data, bytes) : syscall(SYS_pwrite64, fd, data, bytes, offset);
    pthread_mutex_lock(&lock);
    int64_t at = offset;
    if (offset < 0) {
        int flags = fcntl(fd, F_GETFL);
        struct stat there;
        at = (flags & O_APPEND) && fstat(fd, &there) == 0 ? there.st_size : lseek(fd, 0, SEEK_CUR);
    }
    ssize_t done = offset < 0 ? syscall(SYS_write, fd, data, bytes) : syscall(SYS_pwrite64, fd, data, bytes, offset);
    int error = errno;
    if (done > 0) record(OP_WRITE, names[fd], (uint64_t)at, data, (uint64_t)done);
    pthread_mutex_unlock(&lock);
    errno = error;
    return done;
}
ssize_t write(int fd, const void *data, size_t bytes) { return written(fd, data, bytes, -1); }
ssize_t pwrite(int fd, const void *data, size_t bytes, off_t at) { return written(fd, data, bytes, at); }
ssize_t pwrite64(int fd, const void *data, size_t bytes, off64_t at) { return written(fd, data, bytes, at); }

/* A call of one number that says 0 or -1, and what it is called in the log. */
#define CALLS(CALL, RECORD)                                                                                            \
    pthread_mutex_lock(&lock);                                                                                         \
    long done = (CALL);                                                                                                \
    int error = errno;                                                                                                 \
    if (done == 0) { RECORD; }                                                                                         \
    pthread_mutex_unlock(&lock);                                                                                       \
    errno = error;                                                                                                     \
    return (int)done;

static int truncated(int fd, int64_t size) {
    CALLS(syscall(SYS_ftruncate, fd, size), if (of(fd)) record(OP_TRUNCATE, names[fd], (uint64_t)size, NULL, 0))
}
int ftruncate(int fd, off_t size) { return truncated(fd, size); }
int ftruncate64(int fd, off64_t size) { return truncated(fd, size); }

static int synced(int fd, long number) {
    CALLS(syscall(number, fd), if (of(fd)) record(OP_SYNC, names[fd], 0, NULL, 0))
}
int fsync(int fd) { return synced(fd, SYS_fsync); }
int fdatasync(int fd) { return synced(fd, SYS_fdatasync); }

int unlink(const char *path) {
    const char *name = inside(path);
    CALLS(syscall(SYS_unlinkat, AT_FDCWD, path, 0), if (name) record(OP_UNLINK, name, 0, NULL, 0))
}
int unlinkat(int at, const char *path, int flags) {
    const char *name = inside(path);
    CALLS(syscall(SYS_unlinkat, at, path, flags), if (name) record(OP_UNLINK, name, 0, NULL, 0))
}

static int moved(uint32_t op, const char *from, const char *to, long number) {
    const char *old = inside(from), *new = inside(to);
    CALLS(syscall(number, AT_FDCWD, from, AT_FDCWD, to, 0), if (old && new) record(op, old, 0, new, strlen(new)))
}
int rename(const char *from, const char *to) { return moved(OP_RENAME, from, to, SYS_renameat2); }
int link(const char *from, const char *to) { return moved(OP_LINK, from, to, SYS_linkat); }

/* Preallocation is growth by zeros. */
static int grown(int fd, int64_t at, int64_t bytes) {
    struct stat before;
    pthread_mutex_lock(&lock);
    int known = fstat(fd, &before) == 0;
    long done = syscall(SYS_fallocate, fd, 0, at, bytes);
    int error = errno;
    if (done == 0 && known && of(fd) && at + bytes > before.st_size)
        record(OP_TRUNCATE, names[fd], (uint64_t)(at + bytes), NULL, 0);
    pthread_mutex_unlock(&lock);
    return done == 0 ? 0 : error;
}
int posix_fallocate(int fd, off_t at, off_t bytes) { return grown(fd, at, bytes); }
int posix_fallocate64(int fd, off64_t at, off64_t bytes) { return grown(fd, at, bytes); }
