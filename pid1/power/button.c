/* SPDX-License-Identifier: ISC */
#include "button.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/input.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "pid1/base/watch.h"
#include "pid1/log/log.h"

#define FOLDER	"/dev/input"
#define DEVICES 32 /* event0 and on are looked at */
#define BUTTONS 4

static int fds[BUTTONS] = {-1, -1, -1, -1};

static bool
has_power_key(int fd)
{
	uint8_t keys[KEY_MAX / 8 + 1] = {0};

	/* By system call: the type of ioctl(2)'s request is musl's or glibc's own. */
	return syscall(SYS_ioctl, fd, EVIOCGBIT(EV_KEY, sizeof(keys)), keys) >= 0 &&
	       (keys[KEY_POWER / 8] >> KEY_POWER % 8 & 1);
}

void
button_init(void (*watch)(int fd, size_t index))
{
	const int folder_fd = open(FOLDER, O_PATH | O_DIRECTORY | O_CLOEXEC);
	char name[] = "event00";
	size_t count = 0;

	/* Most boards have no input device at all. */
	for (unsigned n = 0; folder_fd >= 0 && n < DEVICES && count < BUTTONS; n++) {
		int fd;

		snprintf(name, sizeof(name), "event%u", n % DEVICES);
		fd = openat(folder_fd, name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
		if (fd < 0)
			continue;
		if (!has_power_key(fd)) {
			close(fd);
			continue;
		}
		log_say("power button: " FOLDER "/%s", name);
		fds[count] = fd;
		watch(fd, count++);
	}
	if (folder_fd >= 0)
		close(folder_fd);
}

bool
button_ready(size_t index)
{
	struct input_event event;
	bool pressed = false;
	ssize_t n;

	while ((n = read(fds[index], &event, sizeof(event))) == sizeof(event))
		pressed |= event.type == EV_KEY && event.code == KEY_POWER &&
			   event.value == 1;
	if (n < 0 && errno != EAGAIN && errno != EINTR) {
		watch_close(fds[index]);
		fds[index] = -1;
	}
	return pressed;
}
