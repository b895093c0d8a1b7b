/* A disk that a test can spoil, and a clock that it can set: preloaded into the real program.
 *
 * Below DISK_ROOT every change is noted in the file DISK_JOURNAL, in the order in which it reached the system, with what was
 * flushed and when. A test makes of it the disk that a power cut would leave. Flushes are only noted: the machine that runs
 * the test does not lose its power.
 *
 * What is to fail is told in the file DISK_CONTROL, eight-byte numbers that are looked at with every call: see `struct control`.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

/* The names and the order are those of `Knob` in mod.rs. */
struct control {
    volatile int64_t write_errno, flush_errno, read_errno, clock_shift_ms;
    volatile int64_t writes_failed, flushes_failed, reads_failed, accepts_failed;
};

enum kind { CREATE = 1, WRITE, TRUNCATE, FLUSH, FLUSH_FAILED, RENAME, UNLINK, MKDIR, FLUSH_DIRECTORY };

struct record {
    uint64_t kind, file, at, len; /* followed by `len` bytes */
} __attribute__((packed));

#define FILES 65536
static uint64_t tracked[FILES]; /* by descriptor: the file's number, or 0 */
static unsigned char is_directory[FILES];
static char root[PATH_MAX];
static size_t root_len;
static int journal = -1;
static uint64_t noted; /* bytes in the journal */
static struct control none, *control = &none;
static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;

#define REAL(name) \
    static __typeof__(&name) real; \
    if (!real) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

static void die(const char *why) {
    fprintf(stderr, "disk.c: %s: %s\n", why, strerror(errno));
    abort();
}

__attribute__((constructor)) static void start(void) {
    const char *at = getenv("DISK_ROOT"), *to = getenv("DISK_JOURNAL"), *by = getenv("DISK_CONTROL");
    if (at && realpath(at, root)) root_len = strlen(root);
    if (to) {
        int fd = open(to, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        if (fd < 0) die(to);
        noted = (uint64_t)lseek(fd, 0, SEEK_END);
        journal = fd;
    }
    if (by) {
        int fd = open(by, O_RDWR | O_CLOEXEC);
        if (fd < 0) die(by);
        void *shared = mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        if (shared == MAP_FAILED) die(by);
        control = shared;
        close(fd);
    }
}

/* In the order of the journal: the caller holds `one_at_a_time`. */
static void note(enum kind kind, uint64_t file, uint64_t at, const void *bytes, size_t len) {
    if (journal < 0) return;
    struct record record = {kind, file, at, len};
    struct iovec parts[2] = {{&record, sizeof record}, {(void *)bytes, len}};
    REAL(writev);
    if (real(journal, parts, 2) != (ssize_t)(sizeof record + len)) die("the journal cannot be written");
    noted += sizeof record + len;
}

static int is_below(const char *path) {
    return root_len && !strncmp(path, root, root_len) && path[root_len] == '/';
}

static uint64_t file_of(int fd) {
    return fd >= 0 && fd < FILES ? tracked[fd] : 0;
}

static void forget(int fd) {
    if (fd >= 0 && fd < FILES) tracked[fd] = is_directory[fd] = 0;
}

static int fails(volatile int64_t *knob, volatile int64_t *count) {
    if (!*knob) return 0;
    __atomic_add_fetch(count, 1, __ATOMIC_RELAXED);
    errno = (int)*knob;
    return 1;
}

static int opened(int fd, int flags, int is_new) {
    char link[64], path[PATH_MAX];
    struct stat about;
    if (fd < 0 || fd >= FILES || !root_len) return fd;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t len = readlink(link, path, sizeof path - 1);
    if (len < 0) return fd;
    path[len] = 0;
    if ((!is_below(path) && strcmp(path, root)) || fstat(fd, &about)) return fd;
    tracked[fd] = about.st_ino;
    is_directory[fd] = S_ISDIR(about.st_mode);
    if (is_new) note(CREATE, about.st_ino, 0, path, (size_t)len);
    else if (flags & O_TRUNC) note(TRUNCATE, about.st_ino, 0, "", 0);
    return fd;
}

#define OPEN(name) \
    int name(const char *path, int flags, ...) { \
        REAL(name); \
        va_list rest; \
        va_start(rest, flags); \
        mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0; \
        va_end(rest); \
        pthread_mutex_lock(&one_at_a_time); \
        int is_new = (flags & O_CREAT) && access(path, F_OK); \
        int fd; \
        if (is_new && *path == '/' && is_below(path) && fails(&control->write_errno, &control->writes_failed)) fd = -1; \
        else fd = opened(real(path, flags, mode), flags, is_new); \
        int error = errno; \
        pthread_mutex_unlock(&one_at_a_time); \
        errno = error; \
        return fd; \
    }
OPEN(open)
OPEN(open64)

int close(int fd) {
    REAL(close);
    forget(fd);
    return real(fd);
}

/* Notes what a write wrote; the system may take less than it was given. */
static ssize_t wrote(int fd, off_t at, const void *bytes, ssize_t written) {
    if (written > 0) note(WRITE, tracked[fd], (uint64_t)at, bytes, (size_t)written);
    return written;
}

static off_t end_of(int fd) {
    if (fcntl(fd, F_GETFL) & O_APPEND) return lseek(fd, 0, SEEK_END);
    return lseek(fd, 0, SEEK_CUR);
}

ssize_t write(int fd, const void *bytes, size_t len) {
    REAL(write);
    if (!file_of(fd)) return real(fd, bytes, len);
    if (fails(&control->write_errno, &control->writes_failed)) return -1;
    pthread_mutex_lock(&one_at_a_time);
    off_t at = end_of(fd);
    ssize_t written = wrote(fd, at, bytes, real(fd, bytes, len));
    pthread_mutex_unlock(&one_at_a_time);
    return written;
}

#define PWRITE(name, offset) \
    ssize_t name(int fd, const void *bytes, size_t len, offset at) { \
        REAL(name); \
        if (!file_of(fd)) return real(fd, bytes, len, at); \
        if (fails(&control->write_errno, &control->writes_failed)) return -1; \
        pthread_mutex_lock(&one_at_a_time); \
        ssize_t written = wrote(fd, at, bytes, real(fd, bytes, len, at)); \
        pthread_mutex_unlock(&one_at_a_time); \
        return written; \
    }
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

/* Nobody writes vectors to the disk yet; who begins to must not go unnoticed. */
#define NOT_FOR_FILES(name, ...) if (file_of(fd)) { errno = ENOSYS; die(#name " to a tracked file"); }

ssize_t writev(int fd, const struct iovec *parts, int count) {
    REAL(writev);
    NOT_FOR_FILES(writev)
    return real(fd, parts, count);
}

ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t at) {
    REAL(pwritev);
    NOT_FOR_FILES(pwritev)
    return real(fd, parts, count, at);
}

ssize_t copy_file_range(int from, off64_t *from_at, int fd, off64_t *at, size_t len, unsigned flags) {
    REAL(copy_file_range);
    NOT_FOR_FILES(copy_file_range)
    return real(from, from_at, fd, at, len, flags);
}

ssize_t read(int fd, void *bytes, size_t len) {
    REAL(read);
    if (file_of(fd) && fails(&control->read_errno, &control->reads_failed)) return -1;
    return real(fd, bytes, len);
}

#define PREAD(name, offset) \
    ssize_t name(int fd, void *bytes, size_t len, offset at) { \
        REAL(name); \
        if (file_of(fd) && fails(&control->read_errno, &control->reads_failed)) return -1; \
        return real(fd, bytes, len, at); \
    }
PREAD(pread, off_t)
PREAD(pread64, off64_t)

#define PREADV2(name, offset) \
    ssize_t name(int fd, const struct iovec *parts, int count, offset at, int flags) { \
        REAL(name); \
        if (file_of(fd) && fails(&control->read_errno, &control->reads_failed)) return -1; \
        return real(fd, parts, count, at, flags); \
    }
PREADV2(preadv2, off_t)
PREADV2(preadv64v2, off64_t)

#define TRUNCATE_FILE(name, offset) \
    int name(int fd, offset len) { \
        REAL(name); \
        if (!file_of(fd)) return real(fd, len); \
        if (fails(&control->write_errno, &control->writes_failed)) return -1; \
        pthread_mutex_lock(&one_at_a_time); \
        int result = real(fd, len); \
        if (!result) note(TRUNCATE, tracked[fd], (uint64_t)len, "", 0); \
        pthread_mutex_unlock(&one_at_a_time); \
        return result; \
    }
TRUNCATE_FILE(ftruncate, off_t)
TRUNCATE_FILE(ftruncate64, off64_t)

/* What was written before a flush began is on the disk when it ends; when it fails, the system forgets that it had to be. */
static int flush(int fd) {
    char link[64], path[PATH_MAX];
    pthread_mutex_lock(&one_at_a_time);
    uint64_t begun = noted;
    pthread_mutex_unlock(&one_at_a_time);
    /* As long as a quick disk takes, so that writes of others come in between; or for ever. */
    usleep(500);
    if (control->flush_errno < 0) {
        __atomic_add_fetch(&control->flushes_failed, 1, __ATOMIC_RELAXED);
        for (;;) pause();
    }
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t len = is_directory[fd] ? readlink(link, path, sizeof path) : 0;
    int failed = fails(&control->flush_errno, &control->flushes_failed), error = errno;
    pthread_mutex_lock(&one_at_a_time);
    note(failed ? FLUSH_FAILED : is_directory[fd] ? FLUSH_DIRECTORY : FLUSH, tracked[fd], begun, path, len < 0 ? 0 : (size_t)len);
    pthread_mutex_unlock(&one_at_a_time);
    errno = error;
    return failed ? -1 : 0;
}

int fsync(int fd) {
    REAL(fsync);
    return file_of(fd) ? flush(fd) : real(fd);
}

int fdatasync(int fd) {
    REAL(fdatasync);
    return file_of(fd) ? flush(fd) : real(fd);
}

int rename(const char *from, const char *to) {
    REAL(rename);
    if (!is_below(from)) return real(from, to);
    char both[2 * PATH_MAX];
    int len = snprintf(both, sizeof both, "%s%c%s", from, 0, to);
    pthread_mutex_lock(&one_at_a_time);
    int result = real(from, to);
    if (!result) note(RENAME, 0, 0, both, (size_t)len);
    pthread_mutex_unlock(&one_at_a_time);
    return result;
}

int unlink(const char *path) {
    REAL(unlink);
    if (!is_below(path)) return real(path);
    pthread_mutex_lock(&one_at_a_time);
    int result = real(path);
    if (!result) note(UNLINK, 0, 0, path, strlen(path));
    pthread_mutex_unlock(&one_at_a_time);
    return result;
}

int mkdir(const char *path, mode_t mode) {
    REAL(mkdir);
    if (!is_below(path)) return real(path, mode);
    pthread_mutex_lock(&one_at_a_time);
    int result = real(path, mode), error = errno;
    if (!result) note(MKDIR, 0, 0, path, strlen(path));
    pthread_mutex_unlock(&one_at_a_time);
    errno = error;
    return result;
}

int clock_gettime(clockid_t clock, struct timespec *time) {
    REAL(clock_gettime);
    int result = real(clock, time);
    if (!result && clock == CLOCK_REALTIME && control->clock_shift_ms) {
        int64_t ns = time->tv_nsec + control->clock_shift_ms % 1000 * 1000000;
        time->tv_sec += control->clock_shift_ms / 1000 + (ns < 0 ? -1 : ns / 1000000000);
        time->tv_nsec = ns < 0 ? ns + 1000000000 : ns % 1000000000;
    }
    return result;
}

int accept4(int fd, struct sockaddr *restrict peer, socklen_t *restrict len, int flags) {
    REAL(accept4);
    int result = real(fd, peer, len, flags);
    if (result < 0 && (errno == EMFILE || errno == ENFILE)) __atomic_add_fetch(&control->accepts_failed, 1, __ATOMIC_RELAXED);
    return result;
}
