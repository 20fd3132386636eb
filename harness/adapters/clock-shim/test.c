// Proves what README.md says of the shim. Run by test.sh: `test MODE TARGET.so`; prints ok and not ok lines.
// Nothing is taken for true because some time has passed: whatever is to happen is waited for, with a limit.

#define _GNU_SOURCE
#include "calls.h"
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MS 1000000LL
#define SEC 1000000000LL
#define HOUR_MS 3600000LL
#define LIMIT_NS (60 * SEC)
#define THREADS 8

static struct {
	_Atomic int64_t now_ms, skew_ms;
	_Atomic uint64_t wakes;
	_Atomic int64_t owner, real_waits, untold, unused[2], waits[504];
} *page;

static const struct calls *own, *target;
static int failures;

static void check(bool good, const char *what)
{
	printf("%s - %s\n", good ? "ok" : "not ok", what);
	fflush(stdout);
	failures += !good;
}

/** What no shim can change. */
static int64_t kernel_ns(clockid_t clock)
{
	struct timespec time;
	syscall(SYS_clock_gettime, clock, &time);
	return time.tv_sec * SEC + time.tv_nsec;
}

static void breathe(void)
{
	struct timespec time = { 0, 200000 };
	syscall(SYS_nanosleep, &time, NULL);
}

static bool within_limit(int64_t since)
{
	return kernel_ns(CLOCK_MONOTONIC) - since < LIMIT_NS;
}

static struct timespec at(int64_t ns)
{
	return (struct timespec){ ns / SEC, ns % SEC };
}

static void advance(int64_t ms)
{
	atomic_fetch_add(&page->now_ms, ms);
}

// A thread that makes one call which takes time.

struct wait {
	int (*call)(struct wait *);
	int64_t ms; // how long, in virtual time; then what is made of it
	int64_t deadline_ms;
	pthread_cond_t *cond;
	pthread_mutex_t mutex;
	sem_t sem;
	int fds[2];
	clockid_t clock;
	pthread_t thread;
	_Atomic pid_t id;
	_Atomic bool done;
	int result;
	int64_t ended_ms, ended_real_ns; // when it returned, by either clock
};

static void *wait_thread(void *argument)
{
	struct wait *wait = argument;
	pthread_mutex_lock(&wait->mutex);
	atomic_store(&wait->id, (pid_t)syscall(SYS_gettid));
	wait->result = wait->call(wait);
	wait->ended_ms = atomic_load(&page->now_ms);
	wait->ended_real_ns = kernel_ns(CLOCK_MONOTONIC);
	pthread_mutex_unlock(&wait->mutex);
	atomic_store(&wait->done, true);
	return NULL;
}

/** Whether the kernel has put the thread to sleep: nothing but the call under test does. */
static bool is_asleep(pid_t thread)
{
	char path[64], text[256];
	snprintf(path, sizeof path, "/proc/self/task/%d/stat", (int)thread);
	int fd = open(path, O_RDONLY);
	if (fd < 0)
		return false;
	ssize_t size = read(fd, text, sizeof text - 1);
	close(fd);
	text[size > 0 ? size : 0] = 0;
	const char *name_end = strrchr(text, ')');
	return name_end && name_end[1] == ' ' && name_end[2] == 'S';
}

/** Starts the thread; when this returns, it has read the clock and waits. */
static void begin(struct wait *wait)
{
	pthread_mutex_init(&wait->mutex, NULL);
	wait->deadline_ms = atomic_load(&page->now_ms) + wait->ms;
	pthread_create(&wait->thread, NULL, wait_thread, wait);
	int64_t since = kernel_ns(CLOCK_MONOTONIC);
	while (within_limit(since) && !atomic_load(&wait->done)) {
		pid_t id = atomic_load(&wait->id);
		if (id && is_asleep(id))
			return;
		breathe();
	}
}

static bool ends(struct wait *wait)
{
	int64_t since = kernel_ns(CLOCK_MONOTONIC);
	while (!atomic_load(&wait->done) && within_limit(since))
		breathe();
	if (!atomic_load(&wait->done))
		return false;
	pthread_join(wait->thread, NULL);
	return true;
}

static int short_sleep(struct wait *wait)
{
	(void)wait;
	struct timespec time = { 0, MS };
	return target->nanosleep(&time, NULL);
}

/** Ten sleeps of a virtual millisecond, one after the other: whoever else waits has looked at the page meanwhile. */
static void let_look(void)
{
	for (int i = 0; i < 10; i++) {
		struct wait witness = { .call = short_sleep, .ms = 1 };
		begin(&witness);
		advance(1);
		if (!ends(&witness))
			abort();
	}
}

/** It does not end before its virtual time, and does when the page is moved there. */
static void check_virtual(int (*call)(struct wait *), clockid_t clock, pthread_cond_t *cond, int wanted, const char *what)
{
	struct wait wait = { .call = call, .ms = HOUR_MS, .clock = clock, .cond = cond };
	sem_init(&wait.sem, 0, 0);
	if (pipe(wait.fds) != 0)
		abort();
	begin(&wait);
	advance(HOUR_MS / 2);
	let_look();
	// The instant before the last: had it ended there, `ended_ms` would say so.
	atomic_store(&page->now_ms, wait.deadline_ms - 11);
	let_look();
	bool early = atomic_load(&wait.done);
	int64_t moved = kernel_ns(CLOCK_MONOTONIC);
	atomic_store(&page->now_ms, wait.deadline_ms);
	bool ended = ends(&wait);
	double took = ended ? (double)(wait.ended_real_ns - moved) / MS : -1;
	char line[200];
	snprintf(line, sizeof line, "%s: an hour ends at its instant, not before (%.1f ms of real time after it)", what, took);
	check(!early && ended && wait.result == wanted && wait.ended_ms == wait.deadline_ms && took < 1000, line);
	close(wait.fds[0]);
	close(wait.fds[1]);
}

static int on_cond(struct wait *wait)
{
	// The deadline is what any program makes of the clock that it reads.
	int64_t now = wait->clock == CLOCK_MONOTONIC ? target->monotonic_ns() : target->wall_ns();
	struct timespec until = at(now + wait->ms * MS);
	return target->cond_timedwait(wait->cond, &wait->mutex, &until);
}

static int on_cond_clock(struct wait *wait)
{
	struct timespec until = at(target->monotonic_ns() + wait->ms * MS);
	return target->cond_clockwait(wait->cond, &wait->mutex, CLOCK_MONOTONIC, &until);
}

static int on_sem(struct wait *wait)
{
	struct timespec until = at(target->wall_ns() + wait->ms * MS);
	int result = target->sem_timedwait(&wait->sem, &until);
	return result == 0 ? 0 : errno;
}

static int in_nanosleep(struct wait *wait)
{
	struct timespec time = at(wait->ms * MS);
	return target->nanosleep(&time, NULL);
}

static int in_clock_nanosleep(struct wait *wait)
{
	struct timespec time = at((wait->clock == CLOCK_MONOTONIC ? target->monotonic_ns() : target->wall_ns()) + wait->ms * MS);
	return target->clock_nanosleep(wait->clock, TIMER_ABSTIME, &time);
}

static int in_usleep(struct wait *wait)
{
	return target->usleep((unsigned)(wait->ms * 1000 > 4000000000LL ? 4000000000LL : wait->ms * 1000));
}

static int in_sleep(struct wait *wait)
{
	return (int)target->sleep((unsigned)(wait->ms / 1000));
}

static int in_poll(struct wait *wait)
{
	struct pollfd fd = { .fd = wait->fds[0], .events = POLLIN };
	return target->poll(&fd, 1, (int)wait->ms);
}

static int in_select(struct wait *wait)
{
	fd_set set;
	FD_ZERO(&set);
	FD_SET(wait->fds[0], &set);
	struct timeval time = { wait->ms / 1000, 0 };
	return target->select(wait->fds[0] + 1, &set, &time);
}

static int in_epoll(struct wait *wait)
{
	int epoll = epoll_create1(0);
	struct epoll_event event = { .events = EPOLLIN };
	epoll_ctl(epoll, EPOLL_CTL_ADD, wait->fds[0], &event);
	int result = target->epoll_wait(epoll, &event, 1, (int)wait->ms);
	close(epoll);
	return result;
}

// The clocks.

static int64_t (*std_system)(void), (*std_steady)(void);

static void check_wall(void)
{
	const struct calls *both[] = { own, target };
	bool good = true, chrono = std_system != NULL;
	for (int step = 0; step < 100; step++) {
		advance(step % 2 ? 1 : 98765);
		int64_t now = atomic_load(&page->now_ms);
		for (int i = 0; i < 2; i++) {
			good = good && both[i]->wall_ns() / MS == now && both[i]->wall_us() / 1000 == now;
			good = good && both[i]->wall_s() == now / 1000 && both[i]->wall_get_ns() / MS == now;
			chrono = chrono && both[i]->now(std_system) / MS == now;
		}
	}
	check(good, "clock_gettime(CLOCK_REALTIME), gettimeofday, time and timespec_get follow the page, everywhere in the process");
	if (std_system)
		check(chrono, "std::chrono::system_clock::now follows the page");
	else
		printf("ok - std::chrono::system_clock::now # SKIP no libstdc++ here\n");

	int64_t now = atomic_load(&page->now_ms), last = 0;
	good = true;
	for (int i = 0; i < 50000; i++) {
		int64_t next = own->wall_ns();
		good = good && next > last && next / MS == now;
		last = next;
	}
	check(good, "50,000 readings of one millisecond differ, rise, and do not leave it");
	for (int i = 0; i < 100000; i++) {
		int64_t next = own->wall_ns();
		good = good && next >= last && next / MS == now;
		last = next;
	}
	check(good, "100,000 more do not leave it either");
	atomic_store(&page->now_ms, now - 5000);
	check(own->wall_ns() >= last && target->monotonic_ns() > 0, "time stands still when the page goes back");
	atomic_store(&page->now_ms, now + 1);
	check(own->wall_ns() / MS == now + 1, "and goes on when the page is past it");

	int64_t before = target->monotonic_ns();
	atomic_store(&page->skew_ms, -HOUR_MS);
	bool skewed = own->wall_ns() / MS == now + 1 - HOUR_MS && target->monotonic_ns() - before < MS && target->monotonic_ns() > before;
	atomic_store(&page->skew_ms, 0);
	check(skewed, "a skew puts the wall clock wrong, and no other");
}

static void check_monotonic(bool own_too)
{
	int64_t kernel = kernel_ns(CLOCK_MONOTONIC);
	int64_t ours = own->monotonic_ns(), theirs = target->monotonic_ns();
	int64_t steady = std_steady ? target->now(std_steady) : theirs, own_steady = std_steady ? own->now(std_steady) : ours;
	advance(HOUR_MS);
	int64_t theirs_after = target->monotonic_ns(), steady_after = std_steady ? target->now(std_steady) : theirs_after;
	int64_t ours_after = own->monotonic_ns(), own_steady_after = std_steady ? own->now(std_steady) : ours_after;
	int64_t passed = kernel_ns(CLOCK_MONOTONIC) - kernel;
	check((theirs_after - theirs + MS / 2) / MS == HOUR_MS, "CLOCK_MONOTONIC follows the page for the target");
	if (std_steady)
		check((steady_after - steady + MS / 2) / MS == HOUR_MS, "std::chrono::steady_clock::now follows the page for the target");
	if (own_too) {
		check((ours_after - ours + MS / 2) / MS == HOUR_MS, "CLOCK_MONOTONIC follows the page for the program itself");
		return;
	}
	check(ours >= kernel && ours_after - ours <= passed, "CLOCK_MONOTONIC is real for everybody else");
	if (std_steady)
		check(own_steady >= kernel && own_steady_after - own_steady <= passed, "std::chrono::steady_clock::now is real for everybody else");
}

// Eight threads at once.

static _Atomic bool reading;

static void *read_thread(void *bad)
{
	int64_t wall = 0, monotonic = 0;
	while (atomic_load(&reading)) {
		int64_t low = atomic_load(&page->now_ms);
		int64_t next = target->wall_ns(), next_monotonic = target->monotonic_ns();
		int64_t high = atomic_load(&page->now_ms);
		if (next < wall || next / MS < low || next / MS > high || next_monotonic < monotonic)
			atomic_fetch_add((_Atomic int *)bad, 1);
		wall = next;
		monotonic = next_monotonic;
	}
	return NULL;
}

static void check_threads(void)
{
	static _Atomic int bad;
	pthread_t threads[THREADS];
	atomic_store(&reading, true);
	for (int i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, read_thread, &bad);
	for (int i = 0; i < 300; i++) {
		advance(1);
		breathe();
	}
	atomic_store(&reading, false);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	check(atomic_load(&bad) == 0, "8 threads read both clocks while the page moves: none sees time go back, or another time than the page's");

	static struct wait waits[THREADS];
	bool good = true;
	for (int i = 0; i < THREADS; i++) {
		pthread_cond_t *heap = malloc(sizeof *heap);
		pthread_cond_init(heap, NULL);
		waits[i] = (struct wait){ .call = i % 2 ? on_cond : in_nanosleep, .ms = (i + 1) * HOUR_MS, .cond = heap };
		begin(&waits[i]);
	}
	let_look();
	for (int i = 0; i < THREADS; i++) {
		atomic_store(&page->now_ms, waits[i].deadline_ms);
		good = good && ends(&waits[i]) && waits[i].result == (i % 2 ? ETIMEDOUT : 0) && waits[i].ended_ms == waits[i].deadline_ms;
		free(waits[i].cond);
	}
	check(good, "8 threads wait for 8 instants at once, and wake one after the other");
}

// Signals of condition variables, sent without the mutex held: the hard case for a wait that is cut into slices.

static struct {
	pthread_mutex_t mutex;
	pthread_cond_t ping, pong;
	int turns;
} *game;

static void *play(void *argument)
{
	int rounds = *(int *)argument;
	for (int i = 0; i < rounds; i++) {
		pthread_mutex_lock(&game->mutex);
		while (game->turns != 2 * i + 1) {
			struct timespec until = at(target->wall_ns() + HOUR_MS * MS);
			target->cond_timedwait(&game->ping, &game->mutex, &until);
		}
		game->turns++;
		pthread_mutex_unlock(&game->mutex);
		pthread_cond_signal(&game->pong);
	}
	return NULL;
}

static void check_signals(int rounds)
{
	game = malloc(sizeof *game);
	pthread_mutex_init(&game->mutex, NULL);
	pthread_cond_init(&game->ping, NULL);
	pthread_cond_init(&game->pong, NULL);
	game->turns = 0;
	pthread_t other;
	pthread_create(&other, NULL, play, &rounds);
	bool good = true;
	int64_t since = kernel_ns(CLOCK_MONOTONIC);
	for (int i = 0; good && i < rounds; i++) {
		pthread_mutex_lock(&game->mutex);
		game->turns++;
		pthread_mutex_unlock(&game->mutex);
		pthread_cond_signal(&game->ping);
		pthread_mutex_lock(&game->mutex);
		while (good && game->turns != 2 * i + 2) {
			struct timespec until = at(target->wall_ns() + HOUR_MS * MS);
			good = target->cond_timedwait(&game->pong, &game->mutex, &until) == 0 && within_limit(since);
		}
		pthread_mutex_unlock(&game->mutex);
	}
	char line[200];
	double each = (double)(kernel_ns(CLOCK_MONOTONIC) - since) / rounds / 1000;
	snprintf(line, sizeof line, "%d rounds of signals sent without the mutex: none is lost while time stands still (%.0f us each)", rounds, each);
	check(good, line);
	if (good) {
		pthread_join(other, NULL);
		free(game);
	}
}

/** Ends after so much real time while the page stands still. */
static void check_real(const struct calls *from, pthread_cond_t *cond, const char *what)
{
	pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
	pthread_mutex_lock(&mutex);
	struct timespec until = at(from->wall_ns() + 30 * MS);
	int64_t since = kernel_ns(CLOCK_MONOTONIC);
	int result = from->cond_timedwait(cond, &mutex, &until);
	int64_t took = kernel_ns(CLOCK_MONOTONIC) - since;
	pthread_mutex_unlock(&mutex);
	check(result == ETIMEDOUT && took > 29 * MS && took < LIMIT_NS, what);
}

static void check_conds(void)
{
	pthread_cond_t *cond = malloc(sizeof *cond);
	pthread_cond_init(cond, NULL);
	check_virtual(on_cond, CLOCK_REALTIME, cond, ETIMEDOUT, "pthread_cond_timedwait");
	check_virtual(on_cond_clock, CLOCK_MONOTONIC, cond, ETIMEDOUT, "pthread_cond_clockwait");
	pthread_cond_destroy(cond);
	pthread_condattr_t attr;
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(cond, &attr);
	check_virtual(on_cond, CLOCK_MONOTONIC, cond, ETIMEDOUT, "pthread_cond_timedwait by the monotonic clock");
	pthread_cond_destroy(cond);
	pthread_cond_init(cond, NULL);

	struct wait wait = { .call = on_cond, .ms = HOUR_MS, .cond = cond };
	begin(&wait);
	uint64_t wakes = atomic_load(&page->wakes);
	pthread_mutex_lock(&wait.mutex);
	pthread_mutex_unlock(&wait.mutex);
	pthread_cond_signal(cond);
	check(ends(&wait) && wait.result == 0 && wait.ended_ms < wait.deadline_ms, "a signal ends a wait while time stands still");
	check(atomic_load(&page->wakes) > wakes, "the page counts the end of a wait");
	check_virtual(on_sem, CLOCK_REALTIME, NULL, ETIMEDOUT, "sem_timedwait");

	if (own != target) {
		check_real(target, target->static_cond, "a condition variable in the target's data segment: real time");
		check_real(target, target->zeroed_cond, "one in its part without a file, too");
		check_real(own, cond, "a wait from elsewhere: real time, though its deadline comes from the virtual clock");
	}
	free(cond);
}

static void check_sleeps(void)
{
	check_virtual(in_nanosleep, CLOCK_REALTIME, NULL, 0, "nanosleep");
	check_virtual(in_clock_nanosleep, CLOCK_REALTIME, NULL, 0, "clock_nanosleep to an instant of CLOCK_REALTIME");
	check_virtual(in_clock_nanosleep, CLOCK_MONOTONIC, NULL, 0, "clock_nanosleep to an instant of CLOCK_MONOTONIC");
	check_virtual(in_usleep, CLOCK_REALTIME, NULL, 0, "usleep");
	check_virtual(in_sleep, CLOCK_REALTIME, NULL, 0, "sleep");
	if (own == target)
		return;
	int64_t since = kernel_ns(CLOCK_MONOTONIC);
	own->usleep(5000);
	int64_t took = kernel_ns(CLOCK_MONOTONIC) - since;
	check(took >= 5 * MS && took < LIMIT_NS, "a sleep from elsewhere takes real time");
	struct timespec until = at(own->wall_ns() + 10 * MS);
	since = kernel_ns(CLOCK_MONOTONIC);
	own->clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &until);
	took = kernel_ns(CLOCK_MONOTONIC) - since;
	check(took >= 9 * MS && took < LIMIT_NS, "one to an instant of CLOCK_REALTIME, too");
}

static void check_files(bool to_deadline)
{
	static const struct {
		int (*call)(struct wait *);
		const char *name;
	} all[] = { { in_poll, "poll" }, { in_select, "select" }, { in_epoll, "epoll_wait" } };
	for (int i = 0; i < 3; i++) {
		char line[200];
		struct wait wait = { .call = all[i].call, .ms = HOUR_MS };
		if (to_deadline) {
			check_virtual(all[i].call, CLOCK_REALTIME, NULL, 0, all[i].name);
		} else {
			if (pipe(wait.fds) != 0)
				abort();
			begin(&wait);
			int64_t since = kernel_ns(CLOCK_MONOTONIC);
			bool ended = ends(&wait);
			snprintf(line, sizeof line, "%s for an hour looks up again after a slice, while time stands still (%.1f ms)", all[i].name, (double)(wait.ended_real_ns - since) / MS);
			check(ended && wait.result == 0 && wait.ended_real_ns - since < SEC, line);
			close(wait.fds[0]);
			close(wait.fds[1]);
		}
		struct wait ready = { .call = all[i].call, .ms = HOUR_MS };
		if (pipe(ready.fds) != 0)
			abort();
		if (!to_deadline && write(ready.fds[1], "x", 1) != 1)
			abort();
		begin(&ready);
		if (to_deadline) {
			advance(HOUR_MS / 3);
			let_look();
			if (write(ready.fds[1], "x", 1) != 1)
				abort();
		}
		snprintf(line, sizeof line, "%s sees a file that is ready", all[i].name);
		check(ends(&ready) && ready.result == 1, line);
		close(ready.fds[0]);
		close(ready.fds[1]);
	}
	if (own == target)
		return;
	int64_t since = kernel_ns(CLOCK_MONOTONIC);
	int result = own->poll(NULL, 0, 20);
	int64_t took = kernel_ns(CLOCK_MONOTONIC) - since;
	check(result == 0 && took >= 20 * MS && took < LIMIT_NS, "poll from elsewhere takes real time");
}

// Clocks in a signal handler.

static _Atomic int handled;

static void on_signal(int number)
{
	(void)number;
	if (target->monotonic_ns() > 0 && target->wall_ns() > 0)
		atomic_fetch_add(&handled, 1);
}

static void check_handler(void)
{
	struct sigaction action = { .sa_handler = on_signal };
	sigaction(SIGUSR1, &action, NULL);
	atomic_store(&reading, true);
	static _Atomic int bad;
	pthread_t thread;
	pthread_create(&thread, NULL, read_thread, &bad);
	int64_t since = kernel_ns(CLOCK_MONOTONIC);
	int sent = 0;
	while (sent < 300 && within_limit(since)) {
		if (atomic_load(&handled) == sent) {
			pthread_kill(thread, SIGUSR1);
			sent++;
		}
		while (atomic_load(&handled) != sent && within_limit(since))
			sched_yield();
		advance(1);
	}
	atomic_store(&reading, false);
	pthread_join(thread, NULL);
	check(atomic_load(&handled) == 300, "300 signal handlers read the clocks in the midst of readings");

	struct wait wait = { .call = in_sleep, .ms = HOUR_MS };
	begin(&wait);
	since = kernel_ns(CLOCK_MONOTONIC);
	bool before = atomic_load(&wait.done);
	while (!atomic_load(&wait.done) && within_limit(since)) {
		pthread_kill(wait.thread, SIGUSR1);
		breathe();
	}
	check(!before && ends(&wait) && wait.result >= 3599 && wait.result <= 3600, "a signal ends sleep, which says how many virtual seconds are left");
}

/** Whether the page tells of a wait that is over at that millisecond. */
static bool is_told(int64_t ms)
{
	for (int i = 0; i < 504; i++)
		if (atomic_load(&page->waits[i]) == ms)
			return true;
	return false;
}

/** Says that the page has moved, and waits until everybody who is due has heard it. */
static bool ring(int bell)
{
	char stroke = '.';
	struct timeval limit = { .tv_sec = LIMIT_NS / SEC };
	setsockopt(bell, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
	return write(bell, &stroke, 1) == 1 && read(bell, &stroke, 1) == 1;
}

static void check_bell(int bell)
{
	pthread_cond_t conds[2];
	check(atomic_load(&page->owner) == getpid(), "the page says whose it is");
	int (*const all[])(struct wait *) = { on_cond, in_epoll, in_poll };
	const char *const names[] = { "pthread_cond_timedwait", "epoll_wait", "poll" };
	for (int i = 0; i < 3; i++) {
		char line[200];
		struct wait first = { .call = all[i], .ms = HOUR_MS, .cond = &conds[0] };
		struct wait second = { .call = all[i], .ms = 2 * HOUR_MS, .cond = &conds[1] };
		struct wait *const both[] = { &first, &second };
		for (int k = 0; k < 2; k++) {
			pthread_cond_init(&conds[k], NULL);
			if (pipe(both[k]->fds) != 0)
				abort();
			begin(both[k]);
			int64_t since = kernel_ns(CLOCK_MONOTONIC);
			while (!is_told(both[k]->deadline_ms) && within_limit(since))
				breathe();
		}
		snprintf(line, sizeof line, "%s: the page tells when it is over", names[i]);
		check(is_told(first.deadline_ms) && is_told(second.deadline_ms), line);
		atomic_store(&page->now_ms, first.deadline_ms);
		bool heard = ring(bell);
		snprintf(line, sizeof line, "%s: the bell ends what is due, and nothing else", names[i]);
		check(heard && !is_told(first.deadline_ms) && ends(&first) && !atomic_load(&second.done) && is_told(second.deadline_ms), line);
		atomic_store(&page->now_ms, second.deadline_ms);
		check(ring(bell) && ends(&second) && !is_told(second.deadline_ms), "what is over is told no more");
		for (int k = 0; k < 2; k++) {
			close(both[k]->fds[0]);
			close(both[k]->fds[1]);
		}
	}
	int fd = target->tcp_socket(), on = 0;
	socklen_t size = sizeof on;
	check(fd >= 0 && getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, &size) == 0 && on, "TCP sockets of the target hold nothing back");
	close(fd);
	fd = socket(AF_INET, SOCK_STREAM, 0);
	on = 1;
	check(fd >= 0 && getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, &size) == 0 && !on, "those of others are as they were");
	close(fd);
	check(atomic_load(&page->untold) == 0 && atomic_load(&page->real_waits) == 0, "nothing is left in the page");
}

/** Starts this program anew with one end of a socket pair as its bell. */
static int with_bell(char **arguments)
{
	int ends[2];
	char number[16];
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
		return 2;
	snprintf(number, sizeof number, "%d", ends[1]);
	setenv("CLOCK_SHIM_BELL", number, 1);
	snprintf(number, sizeof number, "%d", ends[0]);
	setenv("TEST_BELL", number, 1);
	execv("/proc/self/exe", arguments);
	return 2;
}

int main(int count, char **arguments)
{
	if (count > 1 && strcmp(arguments[1], "bell") == 0 && !getenv("TEST_BELL"))
		return with_bell(arguments);
	if (count < 3)
		return 2;
	const char *mode = arguments[1];
	own = calls();
	// The address of a caller that is not mapped yet is not known yet.
	own->monotonic_ns();
	void *library = dlopen(arguments[2], RTLD_NOW);
	if (!library) {
		fprintf(stderr, "%s\n", dlerror());
		return 1;
	}
	const struct calls *(*theirs)(void);
	*(void **)&theirs = dlsym(library, "calls");
	target = theirs();
	void *chrono = dlopen("libstdc++.so.6", RTLD_NOW | RTLD_GLOBAL);
	if (chrono) {
		*(void **)&std_system = dlsym(RTLD_DEFAULT, "_ZNSt6chrono3_V212system_clock3nowEv");
		*(void **)&std_steady = dlsym(RTLD_DEFAULT, "_ZNSt6chrono3_V212steady_clock3nowEv");
	}

	if (strcmp(mode, "real") == 0) {
		int64_t low = kernel_ns(CLOCK_REALTIME), ours = target->wall_ns(), us = own->wall_us(), high = kernel_ns(CLOCK_REALTIME);
		check(low <= ours && ours <= high && us <= high / 1000, "CLOCK_REALTIME is real");
		low = kernel_ns(CLOCK_MONOTONIC);
		ours = target->monotonic_ns();
		target->usleep(3000);
		check(low <= ours && ours <= kernel_ns(CLOCK_MONOTONIC) && kernel_ns(CLOCK_MONOTONIC) - low >= 3 * MS, "CLOCK_MONOTONIC and sleep are real");
		pthread_cond_t *cond = malloc(sizeof *cond);
		pthread_cond_init(cond, NULL);
		check_real(target, cond, "a wait with a deadline is real");
		free(cond);
		return failures > 0;
	}

	int fd = open(getenv("CLOCK_SHIM_PAGE"), O_RDWR);
	page = fd >= 0 ? mmap(NULL, sizeof *page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) : MAP_FAILED;
	if (page == MAP_FAILED)
		return 2;
	if (strcmp(mode, "named") == 0) {
		check_wall();
		check_monotonic(false);
		check_conds();
		check_sleeps();
		check_files(false);
		check_threads();
		check_handler();
	} else if (strcmp(mode, "deadline") == 0) {
		check_files(true);
	} else if (strcmp(mode, "bell") == 0) {
		check_bell(atoi(getenv("TEST_BELL")));
		check_signals(20000);
	} else if (strcmp(mode, "signals") == 0) {
		check_signals(20000);
	} else if (strcmp(mode, "all") == 0) {
		check_monotonic(true);
		target = own;
		check_conds();
		check_sleeps();
		check_files(false);
	}
	return failures > 0;
}
