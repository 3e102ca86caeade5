/* The load: many readers on one thread, cheap enough to keep up with any server.
 *
 * load PORTS HEADS LIVE EVENT
 *   PORTS  ports of 127.0.0.1, comma between them; readers take turns
 *   HEADS  a file of request heads, each up to its empty line; readers take turns
 *   LIVE   the text that says that a reader is live; EVENT the text that stands once in each event
 *
 * A head may be a WebSocket's handshake. Then frames are read as the bytes they are, and pings answered.
 *
 * Standard input, one line at a time, each answered with one line of JSON; ends with its input:
 *   open READERS IN_FLIGHT TIMEOUT_S [POSITION]   until so many are live; POSITION as Last-Event-ID
 *   wait EVENTS TIMEOUT_S                         until so many came since the start
 *   point READERS PER_S                           so many of them move a cursor so often while we wait
 *   close
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MOST = 20000, BATCH = 4096, MARK = 32, READ = 1 << 16, SOURCES = 32, PORTS = 16, NAP_NS = 200000 };

enum state { CLOSED, KNOCKING, OPENING, LIVE };

struct reader {
    int fd;
    unsigned char state, begun, kept, framed;
    char tail[MARK]; /* the end of what came before: a mark may be cut in two */
};

static struct reader readers[MOST];
static char **heads, buffer[MARK + READ], problem[256];
static const char *live_mark, *event_mark;
static size_t live_size, event_size, head_count;
static int ports[PORTS], port_count, poll_fd, wanted, started, in_flight, live, refused, lost, pointing;
static long long events, bytes, last_ns, first_ns, pointed, points_ns, point_gap_ns;

static long long clock_ns(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static void knock(int number);

static void end(struct reader *reader, const char *why) {
    if (!*problem) snprintf(problem, sizeof problem, "%.200s", why);
    close(reader->fd);
    if (reader->state == LIVE) {
        live--;
        lost++;
    } else {
        in_flight--;
        refused++;
    }
    reader->state = CLOSED;
}

/* Browsers come back after a lost connection, and for good not after an answer that is no feed. */
static void come_back(struct reader *reader, const char *why) {
    int was_live = reader->state == LIVE;
    end(reader, why);
    if (!was_live && refused < wanted) knock(reader - readers);
}

static void knock(int number) {
    struct reader *reader = &readers[number];
    struct sockaddr_in from = {.sin_family = AF_INET}, to = {.sin_family = AF_INET};
    /* Many addresses, so that ports that are still in TIME_WAIT do not run out. */
    from.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1 + number % SOURCES);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    to.sin_port = htons(ports[number % port_count]);
    reader->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (reader->fd < 0) fail("socket");
    int on = 1;
    setsockopt(reader->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    setsockopt(reader->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (bind(reader->fd, (void *)&from, sizeof from)) fail("bind");
    reader->state = KNOCKING;
    reader->begun = reader->kept = 0;
    in_flight++;
    if (connect(reader->fd, (void *)&to, sizeof to) && errno != EINPROGRESS) return come_back(reader, strerror(errno));
    struct epoll_event interest = {EPOLLOUT, {.ptr = reader}};
    if (epoll_ctl(poll_fd, EPOLL_CTL_ADD, reader->fd, &interest)) fail("epoll_ctl");
}

static void ask(struct reader *reader, const char *position) {
    char text[8192];
    const char *head = heads[(reader - readers) % head_count];
    int size = snprintf(text, sizeof text, "%s%s%s%s\r\n", head, *position ? "Last-Event-ID: " : "", position,
                        *position ? "\r\n" : "");
    if (send(reader->fd, text, size, MSG_NOSIGNAL) != size) return come_back(reader, strerror(errno));
    struct epoll_event interest = {EPOLLIN, {.ptr = reader}};
    epoll_ctl(poll_fd, EPOLL_CTL_MOD, reader->fd, &interest);
    reader->state = OPENING;
}

/* What a browser does by itself. In text without a control character no other two bytes look so. */
static void pong(struct reader *reader, const char *from, const char *stop) {
    if (memmem(from, stop - from, "\x89\0", 2)) send(reader->fd, "\x8a\x80\0\0\0\0", 6, MSG_NOSIGNAL);
}

/* The next cursor in turn, as often as it is time. A mask of zeros is a mask too. */
static void point(void) {
    static const char SIGNAL[] = "{\"type\":\"signal\",\"name\":\"cursor\",\"body\":{\"x\":%.3f,\"y\":0.5}}";
    for (; point_gap_ns && points_ns <= clock_ns(CLOCK_MONOTONIC); points_ns += point_gap_ns, pointed++) {
        struct reader *reader = &readers[pointed % pointing];
        char frame[128] = "\x81\x80\0\0\0\0";
        int size = snprintf(frame + 6, sizeof frame - 6, SIGNAL, pointed % 1000 / 1000.0);
        frame[1] |= size;
        if (reader->state == LIVE) send(reader->fd, frame, 6 + size, MSG_NOSIGNAL);
    }
}

static void hear(struct reader *reader) {
    ssize_t got = recv(reader->fd, buffer + MARK, READ, 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got <= 0) return come_back(reader, got ? strerror(errno) : "closed by the server");
    char *from = buffer + MARK - reader->kept, *stop = buffer + MARK + got, *found;
    memcpy(from, reader->tail, reader->kept);
    bytes += got;
    if (reader->state == OPENING) {
        if (!reader->begun) reader->framed = !strncmp(from, "HTTP/1.1 101", 12);
        if (!reader->begun && !reader->framed && strncmp(from, "HTTP/1.1 200", 12)) {
            *stop = 0;
            strtok(from, "\r\n");
            return end(reader, from);
        }
        reader->begun = 1;
        if (memmem(from, stop - from, live_mark, live_size)) {
            reader->state = LIVE;
            live++;
            in_flight--;
        }
    }
    if (reader->framed) pong(reader, reader->kept ? buffer + MARK - 1 : from, stop);
    while ((found = memmem(from, stop - from, event_mark, event_size))) {
        events++;
        from = found + event_size;
        last_ns = 0;
    }
    /* A read costs a clock only if it brought an event. */
    if (!last_ns) last_ns = clock_ns(CLOCK_MONOTONIC);
    size_t keep = (live_size > event_size ? live_size : event_size) - 1;
    reader->kept = (size_t)(stop - from) < keep ? (size_t)(stop - from) : keep;
    memcpy(reader->tail, stop - reader->kept, reader->kept);
}

static void turn(const char *position) {
    struct epoll_event ready[BATCH];
    point();
    /* Looks, and naps where there is nothing. Asleep in epoll_wait it would be woken by each send, at
       the sender's cost: on one machine a third of a send's, and of readers elsewhere none of it. */
    int count = epoll_wait(poll_fd, ready, BATCH, 0);
    if (count == 0) nanosleep(&(struct timespec){.tv_nsec = NAP_NS}, NULL);
    for (int i = 0; i < count; i++) {
        struct reader *reader = ready[i].data.ptr;
        if (reader->state == KNOCKING) ask(reader, position);
        else if (reader->state != CLOSED) hear(reader);
    }
}

static void answer(void) {
    double cpu_s = clock_ns(CLOCK_PROCESS_CPUTIME_ID) / 1e9;
    for (char *c = problem; *c; c++)
        if (*c == '"' || *c == '\\' || *c < ' ') *c = '\'';
    printf("{\"live\": %d, \"refused\": %d, \"lost\": %d, \"events\": %lld, \"bytes\": %lld, \"last_ns\": %lld, "
           "\"seconds\": %.6f, \"cpu_s\": %.6f, \"problem\": \"%s\"}\n",
           live, refused, lost, events, bytes, last_ns, (clock_ns(CLOCK_MONOTONIC) - first_ns) / 1e9, cpu_s, problem);
}

static void read_heads(const char *path) {
    FILE *file = fopen(path, "r");
    char line[8192], *head = NULL;
    size_t size = 0, room = 0;
    if (!file) fail(path);
    while (fgets(line, sizeof line, file)) {
        if (strcmp(line, "\r\n")) {
            size_t more = strlen(line);
            head = realloc(head, size + more + 1);
            memcpy(head + size, line, more + 1);
            size += more;
            continue;
        }
        if (head_count == room) heads = realloc(heads, (room = room * 2 + 16) * sizeof *heads);
        heads[head_count++] = head;
        head = NULL;
        size = 0;
    }
    fclose(file);
    if (!head_count) exit(2);
}

int main(int argc, char **argv) {
    if (argc != 5) return 2;
    for (char *port = strtok(argv[1], ","); port && port_count < PORTS; port = strtok(NULL, ","))
        ports[port_count++] = atoi(port);
    read_heads(argv[2]);
    live_size = strlen(live_mark = argv[3]);
    event_size = strlen(event_mark = argv[4]);
    if (live_size > MARK || event_size > MARK) return 2;
    struct rlimit files = {MOST, MOST};
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) files.rlim_cur = files.rlim_max, setrlimit(RLIMIT_NOFILE, &files);
    poll_fd = epoll_create1(0);
    setvbuf(stdout, NULL, _IOLBF, 0);

    char line[256];
    while (fgets(line, sizeof line, stdin)) {
        char position[32] = "";
        double timeout_s, per_s;
        long long enough;
        int many;
        first_ns = clock_ns(CLOCK_MONOTONIC);
        if (sscanf(line, "open %d %d %lf %20s", &wanted, &many, &timeout_s, position) >= 3 && wanted <= MOST) {
            refused = 0;
            while ((started < wanted || in_flight) && clock_ns(CLOCK_MONOTONIC) - first_ns < timeout_s * 1e9) {
                while (started < wanted && in_flight < many) knock(started++);
                turn(position);
            }
        } else if (sscanf(line, "wait %lld %lf", &enough, &timeout_s) == 2) {
            while (events < enough && clock_ns(CLOCK_MONOTONIC) - first_ns < timeout_s * 1e9) turn("");
        } else if (sscanf(line, "point %d %lf", &many, &per_s) == 2 && many <= MOST) {
            pointing = many;
            points_ns = first_ns;
            point_gap_ns = many ? 1e9 / (per_s * many) : 0;
        } else if (!strncmp(line, "close", 5)) {
            for (int i = 0; i < started; i++)
                if (readers[i].state != CLOSED) close(readers[i].fd), readers[i].state = CLOSED;
            started = live = in_flight = 0;
        }
        answer();
        *problem = 0;
    }
}
