// Virtual time for an unmodified native program, from outside: a shared object for LD_PRELOAD. README.md says how to use it.
//
// Inside, virtual time is one number of nanoseconds since 1970: the page's milliseconds, and below them a count of readings.
// The virtual monotonic clock is the same number less a constant.

#define _GNU_SOURCE
#undef _FORTIFY_SOURCE
#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define US 1000LL
#define MS 1000000LL
#define SEC 1000000000LL
#define PAGE_SIZE 4096
// A program may take 0 for "never": the monotonic clock starts later.
#define UPTIME_NS (1000 * SEC)
// Sleeps of centuries must not overflow.
#define FOREVER_NS (INT64_MAX / 4)
#define EXPORT __attribute__((visibility("default")))
// Waits that end in real time are handshakes between threads. On a busy machine the other one may come late: they wait so
// many times as long for it.
#define HANDSHAKE 100
#define CALLER ((uintptr_t)__builtin_return_address(0))

// ---------------------------------------------------------------------------------------------------------------- the page

#define WAITS 504

struct page {
	_Atomic int64_t now_ms; // written by the controller
	_Atomic int64_t skew_ms; // written by the controller: how wrong the wall clock is
	_Atomic uint64_t wakes; // written here: waits of the target that ended for a reason
	// What follows is there if the file is as long as a page, and of one process: the first.
	_Atomic int64_t owner; // its id
	_Atomic int64_t real_waits; // waits of the target that end in real time, under way
	_Atomic int64_t untold; // waits in virtual time for which there was no room below
	int64_t unused[2];
	_Atomic int64_t waits[WAITS]; // the virtual milliseconds at which a wait is over; 0: none
};
_Static_assert(sizeof(struct page) == PAGE_SIZE, "the page's layout is what README.md says");

static struct page *page;
static bool telling; // the page has room to tell of waits, and this process has it
static int64_t boot_ns;
static int64_t slice_ns = 4 * MS;
static bool fds_to_deadline, static_conds_virtual;
static int bell = -1; // where the controller says that the page has moved
static char targets[1024]; // names between colons; empty: everything but the C library

static struct {
	int (*clock_gettime)(clockid_t, struct timespec *);
	int (*clock_nanosleep)(clockid_t, int, const struct timespec *, struct timespec *);
	int (*cond_init)(pthread_cond_t *, const pthread_condattr_t *);
	int (*cond_destroy)(pthread_cond_t *);
	int (*cond_signal)(pthread_cond_t *);
	int (*cond_broadcast)(pthread_cond_t *);
	int (*cond_timedwait)(pthread_cond_t *, pthread_mutex_t *, const struct timespec *);
	int (*cond_clockwait)(pthread_cond_t *, pthread_mutex_t *, clockid_t, const struct timespec *);
	int (*sem_timedwait)(sem_t *, const struct timespec *);
	int (*socket)(int, int, int);
	int (*epoll_pwait)(int, struct epoll_event *, int, int, const sigset_t *);
	int (*ppoll)(struct pollfd *, nfds_t, const struct timespec *, const sigset_t *);
	int (*pselect)(int, fd_set *, fd_set *, fd_set *, const struct timespec *, const sigset_t *);
} real;

static _Atomic int state; // 0 nothing yet, 1 being set up, 2 ready

static void say(const char *text)
{
	if (write(STDERR_FILENO, text, strlen(text)) < 0)
		return;
}

static void *symbol(const char *name)
{
	void *found = NULL;
	// Condition variables have an older binary interface under the same names.
	if (strncmp(name, "pthread_cond_", 13) == 0) {
#if defined(__x86_64__)
		found = dlvsym(RTLD_NEXT, name, "GLIBC_2.3.2");
#elif defined(__aarch64__)
		found = dlvsym(RTLD_NEXT, name, "GLIBC_2.17");
#endif
	}
	return found ? found : dlsym(RTLD_NEXT, name);
}

static bool is_on(const char *name, const char *value)
{
	const char *set = getenv(name);
	return set && strcmp(set, value) == 0;
}

static void open_page(void)
{
	const char *path = getenv("CLOCK_SHIM_PAGE");
	const char *problem = "CLOCK_SHIM_PAGE names no file";
	if (path && *path) {
		int fd = open(path, O_RDWR | O_CLOEXEC);
		struct stat status;
		problem = "the page cannot be opened";
		if (fd >= 0) {
			problem = "the page is shorter than 24 bytes";
			if (fstat(fd, &status) == 0 && status.st_size >= (off_t)offsetof(struct page, owner)) {
				void *at = mmap(NULL, PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
				problem = "the page cannot be mapped";
				if (at != MAP_FAILED) {
					problem = "the page holds no time";
					if (atomic_load(&((struct page *)at)->now_ms) > 0) {
						int64_t nobody = 0;
						page = at;
						// A program that is replaced by another one stays the same process; its waits are gone.
						telling = status.st_size >= PAGE_SIZE
							&& (atomic_compare_exchange_strong(&page->owner, &nobody, (int64_t)getpid()) || nobody == getpid());
						for (int i = 0; telling && i < WAITS; i++)
							atomic_store(&page->waits[i], 0);
					} else
						munmap(at, PAGE_SIZE);
				}
			}
			close(fd);
		}
	}
	if (page) {
		boot_ns = atomic_load(&page->now_ms) * MS - UPTIME_NS;
		return;
	}
	say("clock-shim: ");
	say(problem);
	say(": this program runs in real time\n");
}

static void set_up(void)
{
	int none = 0;
	if (!atomic_compare_exchange_strong(&state, &none, 1))
		return;
	int saved = errno;
	*(void **)&real.clock_gettime = symbol("clock_gettime");
	*(void **)&real.clock_nanosleep = symbol("clock_nanosleep");
	*(void **)&real.cond_init = symbol("pthread_cond_init");
	*(void **)&real.cond_destroy = symbol("pthread_cond_destroy");
	*(void **)&real.cond_signal = symbol("pthread_cond_signal");
	*(void **)&real.cond_broadcast = symbol("pthread_cond_broadcast");
	*(void **)&real.cond_timedwait = symbol("pthread_cond_timedwait");
	*(void **)&real.cond_clockwait = symbol("pthread_cond_clockwait");
	*(void **)&real.sem_timedwait = symbol("sem_timedwait");
	*(void **)&real.socket = symbol("socket");
	*(void **)&real.epoll_pwait = symbol("epoll_pwait");
	*(void **)&real.ppoll = symbol("ppoll");
	*(void **)&real.pselect = symbol("pselect");

	const char *names = getenv("CLOCK_SHIM_TARGET");
	if (names && strlen(names) < sizeof targets)
		strcpy(targets, names);
	else if (names)
		say("clock-shim: CLOCK_SHIM_TARGET is too long and ignored\n");
	const char *slice = getenv("CLOCK_SHIM_SLICE_US");
	if (slice && atoll(slice) > 0)
		slice_ns = atoll(slice) * US;
	fds_to_deadline = is_on("CLOCK_SHIM_FDS", "deadline");
	static_conds_virtual = is_on("CLOCK_SHIM_STATIC_CONDS", "virtual");
	open_page();
	const char *ring = getenv("CLOCK_SHIM_BELL");
	if (telling && ring && atoi(ring) > 2)
		bell = atoi(ring);
	errno = saved;
	atomic_store(&state, 2);
}

static void hear_bell(void);

__attribute__((constructor(101))) static void at_start(void)
{
	set_up();
	if (bell >= 0)
		hear_bell();
}

/** Whether time is virtual here. Calls that come before the set-up is done see real time. */
static bool is_virtual(void)
{
	if (atomic_load_explicit(&state, memory_order_acquire) != 2)
		set_up();
	return atomic_load_explicit(&state, memory_order_acquire) == 2 && page;
}

// --------------------------------------------------------------------------------------------------------------- the clocks

static int64_t to_ns(const struct timespec *time)
{
	if (time->tv_sec > FOREVER_NS / SEC)
		return FOREVER_NS;
	if (time->tv_sec < 0)
		return 0;
	return time->tv_sec * SEC + time->tv_nsec;
}

static struct timespec to_timespec(int64_t ns)
{
	if (ns < 0)
		ns = 0;
	return (struct timespec){ .tv_sec = ns / SEC, .tv_nsec = ns % SEC };
}

static int real_clock(clockid_t clock, struct timespec *time)
{
	if (real.clock_gettime)
		return real.clock_gettime(clock, time);
	return (int)syscall(SYS_clock_gettime, clock, time);
}

static int64_t real_ns(clockid_t clock)
{
	struct timespec time;
	real_clock(clock, &time);
	return to_ns(&time);
}

/** The last time that anyone in the process was told. */
static _Atomic int64_t told_ns;

/** The page's instant; time never goes back in a process. */
static int64_t instant_ns(int64_t told)
{
	int64_t written = atomic_load_explicit(&page->now_ms, memory_order_acquire) * MS;
	int64_t seen = told - told % MS;
	return written > seen ? written : seen;
}

/** A reading: each is later than the one before, and none reaches the next millisecond. */
static int64_t read_ns(void)
{
	int64_t told = atomic_load(&told_ns);
	for (;;) {
		int64_t next = instant_ns(told);
		if (next <= told) {
			next = told + (told % MS < 900 * US ? US : 1);
			if (next % MS == 0)
				return told;
		}
		if (atomic_compare_exchange_weak(&told_ns, &told, next))
			return next;
	}
}

/** Whether the deadline falls into the page's millisecond or before it. Whoever reads the clock next finds it past, too. */
static bool is_reached(int64_t deadline)
{
	int64_t told = atomic_load(&told_ns);
	for (;;) {
		if (deadline / MS > instant_ns(told) / MS)
			return false;
		if (told >= deadline || atomic_compare_exchange_weak(&told_ns, &told, deadline))
			return true;
	}
}

static int64_t skew_ns(void)
{
	return atomic_load_explicit(&page->skew_ms, memory_order_acquire) * MS;
}

static bool is_wall(clockid_t clock)
{
	return clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE || clock == CLOCK_TAI;
}

static bool is_monotonic(clockid_t clock)
{
	return clock == CLOCK_MONOTONIC || clock == CLOCK_MONOTONIC_COARSE || clock == CLOCK_MONOTONIC_RAW || clock == CLOCK_BOOTTIME;
}

/** A virtual clock's reading as our number, and back. */
static int64_t from_clock(clockid_t clock, int64_t ns)
{
	return is_wall(clock) ? ns - skew_ns() : ns + boot_ns;
}

static int64_t on_clock(clockid_t clock, int64_t ns)
{
	return is_wall(clock) ? ns + skew_ns() : ns - boot_ns;
}

// --------------------------------------------------------------------------------------------------------------- the caller

/** A mapped file. Slots are only ever added: readers need no lock. */
struct image {
	uintptr_t low, high;
	uintptr_t data_low, data_high;
	bool target;
	_Atomic bool ready;
};

#define IMAGES 512
static struct image images[IMAGES];
static _Atomic unsigned image_count;

/** What is behind the last slash of a path, as it is read byte by byte. */
struct tail {
	char text[256];
	size_t length;
};

static bool is_named(const char *name, size_t length, const char *list)
{
	for (const char *at = list; *at;) {
		size_t size = strcspn(at, ":");
		if (size == length && memcmp(at, name, length) == 0)
			return true;
		at += size;
		if (*at == ':')
			at++;
	}
	return false;
}

static bool is_target_name(struct tail *tail)
{
	static const char deleted[] = " (deleted)";
	static const char *const system[] = { "libc.so", "libc-", "ld-linux", "ld-2", "libpthread", "librt.", "librt-", "[", "clock-shim.so" };
	size_t gone = sizeof deleted - 1;
	if (tail->length > gone && memcmp(tail->text + tail->length - gone, deleted, gone) == 0)
		tail->length -= gone;
	if (targets[0])
		return is_named(tail->text, tail->length, targets);
	for (size_t i = 0; i < sizeof system / sizeof *system; i++) {
		size_t size = strlen(system[i]);
		if (tail->length >= size && memcmp(tail->text, system[i], size) == 0)
			return false;
	}
	return true;
}

/** Where the image that is mapped from `base` on begins and ends, and its writable part, from its program headers. */
static void measure(uintptr_t base, struct image *image)
{
	const ElfW(Ehdr) *header = (const ElfW(Ehdr) *)base;
	if (memcmp(header->e_ident, ELFMAG, SELFMAG) != 0 || header->e_phoff + header->e_phnum * sizeof(ElfW(Phdr)) > PAGE_SIZE)
		return;
	const ElfW(Phdr) *parts = (const ElfW(Phdr) *)(base + header->e_phoff);
	bool first = true;
	uintptr_t shift = 0, low = base, high = base, data_low = 0, data_high = 0;
	for (int i = 0; i < header->e_phnum; i++) {
		if (parts[i].p_type != PT_LOAD)
			continue;
		if (first)
			shift = base - (parts[i].p_vaddr & ~(uintptr_t)(PAGE_SIZE - 1));
		first = false;
		uintptr_t from = shift + parts[i].p_vaddr, to = from + parts[i].p_memsz;
		if (to > high)
			high = to;
		if (parts[i].p_flags & PF_W) {
			if (!data_low)
				data_low = from;
			data_high = to;
		}
	}
	if (image->low < low || image->high > high)
		return;
	*image = (struct image){ .low = low, .high = high, .data_low = data_low, .data_high = data_high };
}

/** Reads the maps until the address is found. Needs no memory but a little stack, and no lock: signal handlers may do it. */
static bool search(uintptr_t address, struct image *found)
{
	int fd = (int)syscall(SYS_openat, AT_FDCWD, "/proc/self/maps", O_RDONLY | O_CLOEXEC, 0);
	if (fd < 0)
		return false;
	char buffer[1024];
	struct tail tail = { .length = 0 };
	int field = 0;
	uintptr_t low = 0, high = 0, offset = 0, inode = 0, device = 0;
	uintptr_t base = 0, last_inode = 0, last_device = 0;
	bool readable = false, hit = false;
	for (ssize_t size; !hit && (size = syscall(SYS_read, fd, buffer, sizeof buffer)) > 0;) {
		for (ssize_t i = 0; i < size && !hit; i++) {
			char c = buffer[i];
			uintptr_t digit = c >= 'a' ? (uintptr_t)(c - 'a' + 10) : (uintptr_t)(c - '0');
			if (c == '\n') {
				if (!inode || inode != last_inode || device != last_device)
					base = inode && offset == 0 && readable ? low : 0;
				last_inode = inode;
				last_device = device;
				hit = address >= low && address < high;
				if (hit)
					break;
				field = 0;
				low = high = offset = inode = device = 0;
				readable = false;
				tail.length = 0;
			} else if (c == ' ' && field < 6) {
				// Before a path there are many spaces.
				if (field < 5)
					field++;
			} else if (field == 0 && c == '-') {
				field = 1;
			} else if (field == 0) {
				low = low * 16 + digit;
			} else if (field == 1) {
				high = high * 16 + digit;
			} else if (field == 2) {
				readable = readable || c == 'r';
			} else if (field == 3) {
				offset = offset * 16 + digit;
			} else if (field == 4) {
				device = device * 17 + (unsigned char)c;
			} else if (field == 5 && c >= '0' && c <= '9') {
				inode = inode * 10 + digit;
			} else {
				field = 6;
				if (c == '/')
					tail.length = 0;
				else if (tail.length < sizeof tail.text)
					tail.text[tail.length++] = c;
			}
		}
	}
	syscall(SYS_close, fd);
	if (!hit)
		return false;
	*found = (struct image){ .low = low, .high = high };
	if (inode) {
		if (base)
			measure(base, found);
		found->target = is_target_name(&tail);
	} else {
		// Code without a file (made at run time, or the kernel's): with named targets it is none.
		found->target = !targets[0] && tail.length == 0;
		found->high = found->low;
	}
	return true;
}

/** The image that an address of code lies in. */
static struct image image_of(uintptr_t address)
{
	unsigned count = atomic_load_explicit(&image_count, memory_order_acquire);
	for (unsigned i = 0; i < count && i < IMAGES; i++) {
		struct image *image = &images[i];
		if (atomic_load_explicit(&image->ready, memory_order_acquire) && address >= image->low && address < image->high)
			return (struct image){ .low = image->low, .high = image->high, .data_low = image->data_low, .data_high = image->data_high, .target = image->target };
	}
	struct image found = { .target = false };
	int saved = errno;
	bool known = search(address, &found);
	errno = saved;
	if (known && found.high > found.low && atomic_load(&image_count) < IMAGES) {
		unsigned slot = atomic_fetch_add(&image_count, 1);
		if (slot < IMAGES) {
			struct image *image = &images[slot];
			image->low = found.low;
			image->high = found.high;
			image->data_low = found.data_low;
			image->data_high = found.data_high;
			image->target = found.target;
			atomic_store_explicit(&image->ready, true, memory_order_release);
		}
	}
	return found;
}

static bool is_target(uintptr_t caller)
{
	return image_of(caller).target;
}

static void woke(void)
{
	atomic_fetch_add_explicit(&page->wakes, 1, memory_order_relaxed);
}

// -------------------------------------------------------------------------------------------------------- waits and the bell

// A wait in virtual time tells the page when it is over. With a bell it need not look at the page by itself: a thread of ours
// is told of the page's moves, and wakes whoever is due.

#define SAFETY_NS (500 * MS)
// How long the bell is rung for those who are due, and how long between two strokes.
#define RING_NS (100 * MS)
#define STROKE_NS (50 * US)

/** What wakes a wait, in the place of the same number in the page. The lock keeps `cond` alive while it is rung. */
struct slot {
	_Atomic int lock;
	pthread_cond_t *cond;
	int event; // a file for waits that wait for files; made once, then kept
	bool uses_event;
};

static struct slot slots[WAITS];
static _Atomic uint32_t bells;

static void lock(struct slot *slot)
{
	for (int free = 0; !atomic_compare_exchange_weak(&slot->lock, &free, 1); free = 0)
		;
}

static void unlock(struct slot *slot)
{
	atomic_store(&slot->lock, 0);
}

/** Tells of a wait; NULL if nobody can be told, or there is no room. */
static struct slot *begin_wait(int64_t deadline, pthread_cond_t *cond, bool files)
{
	if (!telling)
		return NULL;
	int64_t ms = deadline / MS;
	for (int i = 0; i < WAITS; i++) {
		int64_t none = 0;
		if (atomic_load_explicit(&page->waits[i], memory_order_relaxed) != 0)
			continue;
		struct slot *slot = &slots[i];
		lock(slot);
		bool mine = atomic_compare_exchange_strong(&page->waits[i], &none, ms > 0 ? ms : 1);
		if (mine) {
			slot->cond = cond;
			slot->uses_event = files && bell >= 0;
			if (slot->uses_event && !slot->event)
				slot->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		}
		unlock(slot);
		if (mine)
			return slot;
	}
	atomic_fetch_add(&page->untold, 1);
	return NULL;
}

static void end_wait(struct slot *slot)
{
	if (!slot) {
		if (telling)
			atomic_fetch_sub(&page->untold, 1);
		return;
	}
	uint64_t strokes;
	lock(slot);
	if (slot->uses_event && read(slot->event, &strokes, sizeof strokes) < 0)
		errno = 0;
	slot->cond = NULL;
	slot->uses_event = false;
	atomic_store(&page->waits[slot - slots], 0);
	unlock(slot);
}

/** Wakes everybody who is due; false if nobody is. */
static bool ring(void)
{
	bool any = false;
	for (int i = 0; i < WAITS; i++) {
		int64_t ms = atomic_load(&page->waits[i]);
		if (ms == 0 || ms > atomic_load(&page->now_ms))
			continue;
		struct slot *slot = &slots[i];
		lock(slot);
		ms = atomic_load(&page->waits[i]);
		if (ms != 0 && ms <= atomic_load(&page->now_ms)) {
			uint64_t one = 1;
			any = true;
			if (slot->cond)
				real.cond_broadcast(slot->cond);
			if (slot->uses_event && write(slot->event, &one, sizeof one) < 0)
				errno = 0;
		}
		unlock(slot);
	}
	return any;
}

static void *hear(void *unused)
{
	char stroke;
	for (;;) {
		ssize_t got = read(bell, &stroke, 1);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return unused;
		// Who is about to wait may miss a stroke: they go on until nobody is due.
		atomic_fetch_add(&bells, 1);
		for (int64_t began = real_ns(CLOCK_MONOTONIC); ring() && real_ns(CLOCK_MONOTONIC) - began < RING_NS;) {
			struct timespec pause = to_timespec(STROKE_NS);
			real.clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL);
			atomic_fetch_add(&bells, 1);
		}
		while (write(bell, &stroke, 1) < 0 && errno == EINTR)
			;
	}
}

static void hear_bell(void)
{
	sigset_t all, before;
	pthread_t thread;
	fcntl(bell, F_SETFD, FD_CLOEXEC);
	fcntl(bell, F_SETFL, fcntl(bell, F_GETFL) & ~O_NONBLOCK);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int failed = pthread_create(&thread, NULL, hear, NULL);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (failed) {
		bell = -1;
		say("clock-shim: there is no thread for the bell: waits look at the page by themselves\n");
	}
}

/** How long a wait may sleep before it looks at the page. */
static int64_t patience(const struct slot *slot)
{
	return slot && bell >= 0 ? SAFETY_NS : slice_ns;
}

// ----------------------------------------------------------------------------------------------------------- reading clocks

static int clock_for(clockid_t clock, struct timespec *time, uintptr_t caller)
{
	if (time && is_virtual() && (is_wall(clock) || (is_monotonic(clock) && is_target(caller)))) {
		*time = to_timespec(on_clock(clock, read_ns()));
		return 0;
	}
	return real_clock(clock, time);
}

EXPORT int clock_gettime(clockid_t clock, struct timespec *time)
{
	return clock_for(clock, time, CALLER);
}

EXPORT int timespec_get(struct timespec *time, int base)
{
	return base == TIME_UTC && clock_for(CLOCK_REALTIME, time, 0) == 0 ? base : 0;
}

EXPORT int gettimeofday(struct timeval *restrict time, void *restrict zone)
{
	struct timespec now;
	if (zone)
		memset(zone, 0, sizeof(struct timezone));
	int result = clock_for(CLOCK_REALTIME, &now, 0);
	if (result == 0)
		*time = (struct timeval){ .tv_sec = now.tv_sec, .tv_usec = now.tv_nsec / 1000 };
	return result;
}

EXPORT time_t time(time_t *out)
{
	struct timespec now = { .tv_sec = 0 };
	clock_for(CLOCK_REALTIME, &now, 0);
	if (out)
		*out = now.tv_sec;
	return now.tv_sec;
}

// std::chrono::system_clock::now() and steady_clock::now(): without these, libstdc++ would be the caller.
EXPORT int64_t _ZNSt6chrono3_V212system_clock3nowEv(void)
{
	struct timespec now = { .tv_sec = 0 };
	clock_for(CLOCK_REALTIME, &now, 0);
	return to_ns(&now);
}

EXPORT int64_t _ZNSt6chrono3_V212steady_clock3nowEv(void)
{
	struct timespec now = { .tv_sec = 0 };
	clock_for(CLOCK_MONOTONIC, &now, CALLER);
	return to_ns(&now);
}

// ------------------------------------------------------------------------------------------------------ condition variables

// Which condition variables wait by the monotonic clock is said when they are made, and at no other time.
#define CONDS 8192
static _Atomic uintptr_t monotonic_conds[CONDS];
#define GONE ((uintptr_t)1)
static _Atomic bool conds_full;

static unsigned hash(const void *address)
{
	return (unsigned)(((uintptr_t)address >> 4) * 0x9e3779b97f4a7c15ULL >> 40);
}

static _Atomic uintptr_t *find_monotonic(pthread_cond_t *cond)
{
	for (unsigned i = 0; i < CONDS; i++) {
		_Atomic uintptr_t *slot = &monotonic_conds[(hash(cond) + i) % CONDS];
		uintptr_t held = atomic_load(slot);
		if (held == (uintptr_t)cond)
			return slot;
		if (held == 0)
			return NULL;
	}
	return NULL;
}

static void add_monotonic(pthread_cond_t *cond)
{
	for (unsigned i = 0; i < CONDS; i++) {
		_Atomic uintptr_t *slot = &monotonic_conds[(hash(cond) + i) % CONDS];
		uintptr_t held = atomic_load(slot);
		if ((held == 0 || held == GONE) && atomic_compare_exchange_strong(slot, &held, (uintptr_t)cond))
			return;
	}
	if (!atomic_exchange(&conds_full, true))
		say("clock-shim: too many monotonic condition variables: further ones wait wrongly\n");
}

static void forget_monotonic(pthread_cond_t *cond)
{
	_Atomic uintptr_t *slot = find_monotonic(cond);
	if (slot)
		atomic_store(slot, GONE);
}

static clockid_t clock_of(pthread_cond_t *cond)
{
	return find_monotonic(cond) ? CLOCK_MONOTONIC : CLOCK_REALTIME;
}

// A wait is cut into slices. What is signalled between two of them would be lost: signals are counted, so that it is not.
#define SIGNALS 4096
static _Atomic uint32_t signals[SIGNALS];

EXPORT int pthread_cond_init(pthread_cond_t *restrict cond, const pthread_condattr_t *restrict attr)
{
	clockid_t clock = CLOCK_REALTIME;
	set_up();
	forget_monotonic(cond);
	if (attr && pthread_condattr_getclock(attr, &clock) == 0 && clock == CLOCK_MONOTONIC)
		add_monotonic(cond);
	return real.cond_init(cond, attr);
}

EXPORT int pthread_cond_destroy(pthread_cond_t *cond)
{
	set_up();
	forget_monotonic(cond);
	return real.cond_destroy(cond);
}

EXPORT int pthread_cond_signal(pthread_cond_t *cond)
{
	set_up();
	atomic_fetch_add(&signals[hash(cond) % SIGNALS], 1);
	return real.cond_signal(cond);
}

EXPORT int pthread_cond_broadcast(pthread_cond_t *cond)
{
	set_up();
	atomic_fetch_add(&signals[hash(cond) % SIGNALS], 1);
	return real.cond_broadcast(cond);
}

static int real_wait(pthread_cond_t *cond, pthread_mutex_t *mutex, int64_t ns)
{
	clockid_t clock = clock_of(cond);
	struct timespec until = to_timespec(real_ns(clock) + ns);
	return real.cond_timedwait(cond, mutex, &until);
}

static int cond_wait(pthread_cond_t *cond, pthread_mutex_t *mutex, clockid_t clock, const struct timespec *until, uintptr_t caller)
{
	struct image image = image_of(caller);
	int64_t deadline = from_clock(clock, to_ns(until));
	bool is_static = (uintptr_t)cond >= image.data_low && (uintptr_t)cond < image.data_high && !static_conds_virtual;
	if (!image.target || is_static) {
		// Of others it is the deadline alone that comes from a virtual clock.
		bool counted = image.target && telling;
		if (counted)
			atomic_fetch_add(&page->real_waits, 1);
		int64_t left = deadline - read_ns();
		bool shakes = image.target && bell >= 0 && left > 0 && left < SEC;
		int result = real_wait(cond, mutex, shakes ? left * HANDSHAKE : left);
		if (counted)
			atomic_fetch_sub(&page->real_waits, 1);
		if (image.target)
			woke();
		return result;
	}
	_Atomic uint32_t *count = &signals[hash(cond) % SIGNALS];
	uint32_t before = atomic_load(count);
	struct slot *slot = begin_wait(deadline, cond, false);
	for (;;) {
		uint32_t strokes = atomic_load(&bells);
		bool due = is_reached(deadline);
		// Even what is due lets go of the mutex once.
		int result = real_wait(cond, mutex, due ? 0 : patience(slot));
		if (result == ETIMEDOUT && atomic_load(count) != before)
			result = 0;
		// The bell wakes all who wait by the same variable.
		if (result == 0 && !due && atomic_load(count) == before && atomic_load(&bells) != strokes)
			continue;
		if (result != ETIMEDOUT || due) {
			end_wait(slot);
			woke();
			return result;
		}
	}
}

static bool is_time(const struct timespec *time)
{
	return time && time->tv_nsec >= 0 && time->tv_nsec < SEC;
}

EXPORT int pthread_cond_timedwait(pthread_cond_t *restrict cond, pthread_mutex_t *restrict mutex, const struct timespec *restrict until)
{
	uintptr_t caller = CALLER;
	if (!is_virtual() || !is_time(until))
		return real.cond_timedwait(cond, mutex, until);
	clockid_t clock = clock_of(cond);
	if (is_monotonic(clock) && !is_target(caller))
		return real.cond_timedwait(cond, mutex, until);
	return cond_wait(cond, mutex, clock, until, caller);
}

EXPORT int pthread_cond_clockwait(pthread_cond_t *restrict cond, pthread_mutex_t *restrict mutex, clockid_t clock, const struct timespec *restrict until)
{
	uintptr_t caller = CALLER;
	bool ours = is_virtual() && is_time(until) && (clock == CLOCK_REALTIME || (clock == CLOCK_MONOTONIC && is_target(caller)));
	if (ours)
		return cond_wait(cond, mutex, clock, until, caller);
	return real.cond_clockwait ? real.cond_clockwait(cond, mutex, clock, until) : ENOSYS;
}

EXPORT int sem_timedwait(sem_t *restrict sem, const struct timespec *restrict until)
{
	uintptr_t caller = CALLER;
	if (!is_virtual() || !is_time(until))
		return real.sem_timedwait(sem, until);
	bool target = is_target(caller);
	int64_t deadline = from_clock(CLOCK_REALTIME, to_ns(until));
	struct slot *slot = target ? begin_wait(deadline, NULL, false) : NULL;
	for (;;) {
		bool due = is_reached(deadline);
		int64_t ns = due ? 0 : target ? slice_ns : deadline - read_ns();
		struct timespec slice = to_timespec(real_ns(CLOCK_REALTIME) + ns);
		int result = real.sem_timedwait(sem, &slice);
		if (result == 0 || errno != ETIMEDOUT || due || !target) {
			int saved = errno;
			if (target) {
				end_wait(slot);
				woke();
			}
			errno = saved;
			return result;
		}
	}
}

// -------------------------------------------------------------------------------------------------------------------- sleep

static int real_sleep(int64_t ns)
{
	struct timespec time = to_timespec(ns);
	return real.clock_nanosleep(CLOCK_MONOTONIC, 0, &time, NULL);
}

/** Sleeps until a virtual instant; EINTR when a signal came first. */
static int sleep_until(int64_t deadline)
{
	int result = 0;
	struct slot *slot = begin_wait(deadline, NULL, false);
	while (result == 0 && !is_reached(deadline))
		result = real_sleep(slice_ns);
	end_wait(slot);
	woke();
	return result;
}

static int sleep_for(clockid_t clock, int flags, const struct timespec *wanted, struct timespec *left, uintptr_t caller)
{
	bool absolute = flags & TIMER_ABSTIME;
	if (!is_virtual() || !is_time(wanted) || wanted->tv_sec < 0 || (!is_wall(clock) && !is_monotonic(clock)))
		return real.clock_nanosleep(clock, flags, wanted, left);
	if (!is_target(caller)) {
		if (!absolute || !is_wall(clock))
			return real.clock_nanosleep(clock, flags, wanted, left);
		int64_t ns = from_clock(clock, to_ns(wanted)) - read_ns();
		return ns > 0 ? real_sleep(ns) : 0;
	}
	int64_t deadline = absolute ? from_clock(clock, to_ns(wanted)) : read_ns() + to_ns(wanted);
	int result = sleep_until(deadline);
	if (result == EINTR && left && !absolute)
		*left = to_timespec(deadline - read_ns());
	return result;
}

EXPORT int clock_nanosleep(clockid_t clock, int flags, const struct timespec *wanted, struct timespec *left)
{
	set_up();
	return sleep_for(clock, flags, wanted, left, CALLER);
}

static int plain_sleep(const struct timespec *wanted, struct timespec *left, uintptr_t caller)
{
	set_up();
	int result = sleep_for(CLOCK_MONOTONIC, 0, wanted, left, caller);
	if (result == 0)
		return 0;
	errno = result;
	return -1;
}

EXPORT int nanosleep(const struct timespec *wanted, struct timespec *left)
{
	return plain_sleep(wanted, left, CALLER);
}

EXPORT int usleep(useconds_t us)
{
	struct timespec wanted = to_timespec((int64_t)us * US);
	return plain_sleep(&wanted, NULL, CALLER);
}

EXPORT unsigned sleep(unsigned seconds)
{
	struct timespec wanted = { .tv_sec = seconds }, left = { .tv_sec = 0 };
	int saved = errno;
	if (plain_sleep(&wanted, &left, CALLER) == 0)
		return 0;
	errno = saved;
	return (unsigned)(left.tv_sec + (left.tv_nsec >= SEC / 2));
}

// ------------------------------------------------------------------------------------------------------------------ sockets

/** What the target says goes out at once: held back in real time, it would be on its way while everybody sleeps. */
EXPORT int socket(int domain, int type, int protocol)
{
	uintptr_t caller = CALLER;
	set_up();
	int fd = real.socket(domain, type, protocol);
	bool tcp = (domain == AF_INET || domain == AF_INET6) && (type & ~(SOCK_NONBLOCK | SOCK_CLOEXEC)) == SOCK_STREAM;
	if (fd >= 0 && tcp && is_virtual() && is_target(caller)) {
		int saved = errno, on = 1;
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
		errno = saved;
	}
	return fd;
}

// ------------------------------------------------------------------------------------------------------- waiting for files

/**
 * One of the calls that wait for files, as often as it takes; `once` waits for at most so many nanoseconds of real time, or
 * until the file `bell` is ready, if it can and there is one.
 */
static int wait_for_files(int (*once)(void *call, int64_t ns, int bell), void *call, int64_t timeout, int64_t *left)
{
	int64_t deadline = read_ns() + (timeout < FOREVER_NS ? timeout : FOREVER_NS);
	struct slot *slot = fds_to_deadline ? begin_wait(deadline, NULL, true) : NULL;
	int event = slot && slot->uses_event ? slot->event : -1;
	for (;;) {
		bool due = is_reached(deadline);
		int64_t most = event >= 0 ? SAFETY_NS : slice_ns;
		int result = once(call, due ? 0 : timeout < most && !fds_to_deadline ? timeout : most, due ? -1 : event);
		if (result != 0 || due || !fds_to_deadline) {
			int saved = errno;
			if (fds_to_deadline)
				end_wait(slot);
			if (left)
				*left = due ? 0 : deadline - read_ns();
			if (result > 0 || due)
				woke();
			errno = saved;
			return result;
		}
	}
}

/** Without a limit, or one of nothing, there is nothing to do with time. */
static bool has_limit(int64_t timeout, uintptr_t caller)
{
	return timeout > 0 && is_virtual() && is_target(caller);
}

struct epoll_call {
	int epoll, max;
	struct epoll_event *events;
	const sigset_t *mask;
};

/** Waits until a file is ready or the bell rings; less than 0: it failed. */
static int poll_with_bell(struct pollfd *fds, nfds_t count, int bell, int64_t ns, const sigset_t *mask)
{
	struct timespec time = to_timespec(ns);
	fds[count] = (struct pollfd){ .fd = bell, .events = POLLIN };
	int result = real.ppoll(fds, count + 1, &time, mask);
	return result > 0 && fds[count].revents ? result - 1 : result;
}

static int epoll_once(void *call, int64_t ns, int bell)
{
	struct epoll_call *epoll = call;
	if (bell >= 0) {
		struct pollfd both[2] = { { .fd = epoll->epoll, .events = POLLIN } };
		int result = poll_with_bell(both, 1, bell, ns, epoll->mask);
		if (result <= 0)
			return result;
		ns = 0;
	}
	return real.epoll_pwait(epoll->epoll, epoll->events, epoll->max, (int)((ns + MS - 1) / MS), epoll->mask);
}

static int epoll_for(struct epoll_call call, int timeout, uintptr_t caller)
{
	set_up();
	if (has_limit(timeout, caller))
		return wait_for_files(epoll_once, &call, timeout * MS, NULL);
	int result = real.epoll_pwait(call.epoll, call.events, call.max, timeout, call.mask);
	if (timeout < 0 && is_virtual() && is_target(caller))
		woke();
	return result;
}

EXPORT int epoll_wait(int epoll, struct epoll_event *events, int max, int timeout)
{
	return epoll_for((struct epoll_call){ epoll, max, events, NULL }, timeout, CALLER);
}

EXPORT int epoll_pwait(int epoll, struct epoll_event *events, int max, int timeout, const sigset_t *mask)
{
	return epoll_for((struct epoll_call){ epoll, max, events, mask }, timeout, CALLER);
}

struct poll_call {
	struct pollfd *fds;
	nfds_t count;
	const sigset_t *mask;
};

#define POLLED 64

static int poll_once(void *call, int64_t ns, int bell)
{
	struct poll_call *poll = call;
	struct timespec time = to_timespec(ns);
	if (bell >= 0 && poll->count < POLLED) {
		struct pollfd fds[POLLED];
		memcpy(fds, poll->fds, poll->count * sizeof *fds);
		int result = poll_with_bell(fds, poll->count, bell, ns, poll->mask);
		for (nfds_t i = 0; result >= 0 && i < poll->count; i++)
			poll->fds[i].revents = fds[i].revents;
		return result;
	}
	if (bell >= 0 && ns > slice_ns)
		time = to_timespec(slice_ns);
	return real.ppoll(poll->fds, poll->count, ns < 0 ? NULL : &time, poll->mask);
}

static int poll_for(struct poll_call call, int64_t timeout, uintptr_t caller)
{
	set_up();
	if (has_limit(timeout, caller))
		return wait_for_files(poll_once, &call, timeout, NULL);
	int result = poll_once(&call, timeout, -1);
	if (timeout < 0 && is_virtual() && is_target(caller))
		woke();
	return result;
}

EXPORT int poll(struct pollfd *fds, nfds_t count, int timeout)
{
	return poll_for((struct poll_call){ fds, count, NULL }, timeout < 0 ? -1 : timeout * MS, CALLER);
}

// What poll is called in programs that are built with _FORTIFY_SOURCE.
EXPORT int __poll_chk(struct pollfd *fds, nfds_t count, int timeout, size_t size)
{
	if (size / sizeof *fds < count)
		abort();
	return poll_for((struct poll_call){ fds, count, NULL }, timeout < 0 ? -1 : timeout * MS, CALLER);
}

EXPORT int ppoll(struct pollfd *fds, nfds_t count, const struct timespec *timeout, const sigset_t *mask)
{
	if (timeout && (!is_time(timeout) || timeout->tv_sec < 0)) {
		errno = EINVAL;
		return -1;
	}
	return poll_for((struct poll_call){ fds, count, mask }, timeout ? to_ns(timeout) : -1, CALLER);
}

struct select_call {
	int count;
	fd_set *sets[3];
	const sigset_t *mask;
};

static int select_once(void *call, int64_t ns, int bell)
{
	struct select_call *select = call;
	// It has no room for the bell: it looks at the page by itself.
	struct timespec time = to_timespec(bell >= 0 && ns > slice_ns ? slice_ns : ns);
	// A slice that ends empty leaves the sets empty: they are wanted again.
	fd_set kept[3];
	size_t size = select->count > 0 && select->count <= FD_SETSIZE ? sizeof(fd_set) : 0;
	for (int i = 0; i < 3; i++)
		if (select->sets[i] && size)
			memcpy(&kept[i], select->sets[i], size);
	int result = real.pselect(select->count, select->sets[0], select->sets[1], select->sets[2], ns < 0 ? NULL : &time, select->mask);
	for (int i = 0; i < 3; i++)
		if (result == 0 && ns > 0 && fds_to_deadline && select->sets[i] && size)
			memcpy(select->sets[i], &kept[i], size);
	return result;
}

static int select_for(struct select_call call, int64_t timeout, int64_t *left, uintptr_t caller)
{
	set_up();
	if (has_limit(timeout, caller))
		return wait_for_files(select_once, &call, timeout, left);
	int64_t before = timeout > 0 ? real_ns(CLOCK_MONOTONIC) : 0;
	int result = real.pselect(call.count, call.sets[0], call.sets[1], call.sets[2], timeout < 0 ? NULL : &(struct timespec){ timeout / SEC, timeout % SEC }, call.mask);
	if (left && timeout > 0) {
		int64_t rest = timeout - (real_ns(CLOCK_MONOTONIC) - before);
		*left = rest > 0 ? rest : 0;
	}
	if (timeout < 0 && is_virtual() && is_target(caller))
		woke();
	return result;
}

EXPORT int select(int count, fd_set *restrict in, fd_set *restrict out, fd_set *restrict other, struct timeval *restrict timeout)
{
	if (timeout && (timeout->tv_sec < 0 || timeout->tv_usec < 0)) {
		errno = EINVAL;
		return -1;
	}
	struct timespec time = { .tv_sec = 0 };
	if (timeout)
		time = (struct timespec){ timeout->tv_sec + timeout->tv_usec / 1000000, timeout->tv_usec % 1000000 * 1000 };
	int64_t limit = timeout ? to_ns(&time) : -1, left = limit;
	int result = select_for((struct select_call){ count, { in, out, other }, NULL }, limit, &left, CALLER);
	if (timeout)
		*timeout = (struct timeval){ .tv_sec = left / SEC, .tv_usec = left % SEC / US };
	return result;
}

EXPORT int pselect(int count, fd_set *restrict in, fd_set *restrict out, fd_set *restrict other, const struct timespec *restrict timeout, const sigset_t *restrict mask)
{
	if (timeout && (!is_time(timeout) || timeout->tv_sec < 0)) {
		errno = EINVAL;
		return -1;
	}
	return select_for((struct select_call){ count, { in, out, other }, mask }, timeout ? to_ns(timeout) : -1, NULL, CALLER);
}
