/* The physical limit: one thread, one epoll, one send() for every event of every connection.
 *
 * Prints its port; then `send EVENTS BYTES` on standard input sends that many events of that size to
 * everybody and answers how many sends the kernel took. Ends with its standard input.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MOST = 65536, BATCH = 1024, BACKLOG = 4096 };

static const char HEAD[] = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
                           "1d\r\nevent: stream-live\ndata: {}\n\n\r\n";
static int connections[MOST], place[MOST], count;

static void leave(int fd) {
    connections[place[fd]] = connections[--count];
    place[connections[count]] = place[fd];
    close(fd);
}

static void broadcast(long events, size_t bytes) {
    static char chunk[1 << 20];
    long sent = 0, refused = 0;
    int head = snprintf(chunk, sizeof chunk, "%zx\r\nid: 1763712345678901\nevent: tick\ndata: ", bytes);
    int begin = snprintf(NULL, 0, "%zx\r\n", bytes);
    memset(chunk + head, 'x', begin + bytes - head);
    memcpy(chunk + begin + bytes - 2, "\n\n\r\n", 4);
    for (long event = 0; event < events; event++)
        for (int i = 0; i < count; i++)
            if (send(connections[i], chunk, begin + bytes + 2, MSG_DONTWAIT | MSG_NOSIGNAL) > 0) sent++;
            else refused++;
    printf("{\"sent\": %ld, \"refused\": %ld}\n", sent, refused);
}

int main(void) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int door = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), poll = epoll_create1(0);
    if (bind(door, (void *)&address, length) || listen(door, BACKLOG)) return perror("listen"), 1;
    getsockname(door, (void *)&address, &length);
    setvbuf(stdout, NULL, _IOLBF, 0);
    printf("{\"port\": %d}\n", ntohs(address.sin_port));
    epoll_ctl(poll, EPOLL_CTL_ADD, door, &(struct epoll_event){EPOLLIN, {.fd = door}});
    epoll_ctl(poll, EPOLL_CTL_ADD, 0, &(struct epoll_event){EPOLLIN, {.fd = 0}});
    for (;;) {
        struct epoll_event ready[BATCH];
        int found = epoll_wait(poll, ready, BATCH, -1);
        for (int i = 0; i < found; i++) {
            int fd = ready[i].data.fd;
            char said[8192];
            if (fd == door) {
                int new;
                while ((new = accept4(door, NULL, NULL, SOCK_NONBLOCK)) >= 0 && new < MOST) {
                    epoll_ctl(poll, EPOLL_CTL_ADD, new, &(struct epoll_event){EPOLLIN, {.fd = new}});
                    place[new] = count;
                    connections[count++] = new;
                }
                continue;
            }
            ssize_t got = read(fd, said, sizeof said - 1);
            if (fd == 0) {
                long events;
                size_t bytes;
                if (got <= 0) return 0;
                said[got] = 0;
                if (sscanf(said, "send %ld %zu", &events, &bytes) == 2) broadcast(events, bytes);
            } else if (got <= 0)
                leave(fd);
            else
                send(fd, HEAD, sizeof HEAD - 1, MSG_NOSIGNAL);
        }
    }
}
