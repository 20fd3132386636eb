// Built without tail calls: the shim knows its caller by the return address.

#define _GNU_SOURCE
#include "calls.h"
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define SEC 1000000000LL

static int64_t wall_ns(void)
{
	struct timespec time;
	clock_gettime(CLOCK_REALTIME, &time);
	return time.tv_sec * SEC + time.tv_nsec;
}

static int64_t wall_us(void)
{
	struct timeval time;
	gettimeofday(&time, NULL);
	return time.tv_sec * 1000000LL + time.tv_usec;
}

static int64_t wall_s(void)
{
	return time(NULL);
}

static int64_t wall_get_ns(void)
{
	struct timespec time;
	timespec_get(&time, TIME_UTC);
	return time.tv_sec * SEC + time.tv_nsec;
}

static int64_t monotonic_ns(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * SEC + time.tv_nsec;
}

static int64_t call_now(int64_t (*now)(void))
{
	return now();
}

static int call_cond_timedwait(pthread_cond_t *cond, pthread_mutex_t *mutex, const struct timespec *until)
{
	return pthread_cond_timedwait(cond, mutex, until);
}

static int call_cond_clockwait(pthread_cond_t *cond, pthread_mutex_t *mutex, clockid_t clock, const struct timespec *until)
{
	return pthread_cond_clockwait(cond, mutex, clock, until);
}

static int call_sem_timedwait(sem_t *sem, const struct timespec *until)
{
	return sem_timedwait(sem, until);
}

static int call_nanosleep(const struct timespec *time, struct timespec *left)
{
	return nanosleep(time, left);
}

static int call_clock_nanosleep(clockid_t clock, int flags, const struct timespec *time)
{
	return clock_nanosleep(clock, flags, time, NULL);
}

static int call_usleep(unsigned us)
{
	return usleep(us);
}

static unsigned call_sleep(unsigned seconds)
{
	return sleep(seconds);
}

static int call_epoll_wait(int epoll, struct epoll_event *events, int max, int timeout)
{
	return epoll_wait(epoll, events, max, timeout);
}

static int call_poll(struct pollfd *fds, unsigned count, int timeout)
{
	return poll(fds, count, timeout);
}

static int call_select(int count, fd_set *in, struct timeval *timeout)
{
	return select(count, in, NULL, NULL, timeout);
}

static int call_tcp_socket(void)
{
	return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

static struct {
	long filled;
	pthread_cond_t cond;
} filled = { 1, PTHREAD_COND_INITIALIZER };
static pthread_cond_t zeroed;

static const struct calls here = {
	.wall_ns = wall_ns,
	.wall_us = wall_us,
	.wall_s = wall_s,
	.wall_get_ns = wall_get_ns,
	.monotonic_ns = monotonic_ns,
	.now = call_now,
	.cond_timedwait = call_cond_timedwait,
	.cond_clockwait = call_cond_clockwait,
	.sem_timedwait = call_sem_timedwait,
	.nanosleep = call_nanosleep,
	.clock_nanosleep = call_clock_nanosleep,
	.usleep = call_usleep,
	.sleep = call_sleep,
	.epoll_wait = call_epoll_wait,
	.poll = call_poll,
	.select = call_select,
	.tcp_socket = call_tcp_socket,
	.static_cond = &filled.cond,
	.zeroed_cond = &zeroed,
};

const struct calls *calls(void)
{
	return &here;
}
