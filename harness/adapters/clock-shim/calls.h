// The calls under test, made from whichever file `calls.c` is linked into: the target library, or the program itself.
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <time.h>

struct calls {
	int64_t (*wall_ns)(void);
	int64_t (*wall_us)(void); // gettimeofday
	int64_t (*wall_s)(void); // time
	int64_t (*wall_get_ns)(void); // timespec_get
	int64_t (*monotonic_ns)(void);
	int64_t (*now)(int64_t (*now)(void)); // calls it from here
	int (*cond_timedwait)(pthread_cond_t *, pthread_mutex_t *, const struct timespec *);
	int (*cond_clockwait)(pthread_cond_t *, pthread_mutex_t *, clockid_t, const struct timespec *);
	int (*sem_timedwait)(sem_t *, const struct timespec *);
	int (*nanosleep)(const struct timespec *, struct timespec *);
	int (*clock_nanosleep)(clockid_t, int, const struct timespec *);
	int (*usleep)(unsigned);
	unsigned (*sleep)(unsigned);
	int (*epoll_wait)(int, struct epoll_event *, int, int);
	int (*poll)(struct pollfd *, unsigned, int);
	int (*select)(int, fd_set *, struct timeval *);
	int (*tcp_socket)(void);
	pthread_cond_t *static_cond; // in the data segment
	pthread_cond_t *zeroed_cond; // in the part of it that no file backs
};

const struct calls *calls(void);
