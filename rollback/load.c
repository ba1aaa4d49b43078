/* SPDX-License-Identifier: ISC */
#include "load.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kexec.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "history_clock.h"
#include "lib/error.h"
#include "lib/io.h"
#include "verify.h"

#define PIECE 65536 /* bytes, of a read; every chunk is a multiple but the last */

static _Alignas(BLOCK_ALIGN) uint8_t piece[PIECE];

/* Of which states an image may run. */
static int
check_state(struct device *device, uint8_t slot, struct error *e)
{
	const struct slot *s = &device->state.slots.slot[slot];

	if (s->state == SLOT_GOOD)
		return 0;
	if (s->state == SLOT_TRYING && s->way == TRIAL_KEXEC && !s->jumped)
		return 0;
	return error_set(e, EBUSY,
		"slot %c is neither confirmed nor to be tried by kexec",
		device_letter(slot));
}

static int
copy_image(struct block *block, const struct release *release, int fd)
{
	for (uint64_t at = 0; at < release->size; at += PIECE) {
		uint64_t left = release->size - at;
		size_t size = left < PIECE ? (size_t)left : PIECE;
		int r = block->read(block, at, piece,
			(size + BLOCK_ALIGN - 1) / BLOCK_ALIGN * BLOCK_ALIGN);

		if (r == 0)
			r = io_write_full(fd, piece, size);
		if (r < 0)
			return r;
	}
	return fcntl(fd, F_ADD_SEALS,
		       F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0
		       ? -errno
		       : 0;
}

/* The copy in memory, as a device to read from. */
struct copy {
	struct block block; /* the first member */
	int fd;
};

/* From any thread. What is asked for behind the image's end, up to BLOCK_ALIGN, is not
 * there. */
static int
read_copy(struct block *block, uint64_t at, void *data, size_t size)
{
	const struct copy *copy = (struct copy *)block;
	char *to = data;

	while (size > 0 && at < block->size) {
		ssize_t n = pread(copy->fd, to, size, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		to += n;
		at += (uint64_t)n;
		size -= (size_t)n;
	}
	return 0;
}

/* The sealed bytes; nobody changes them any more. */
static int
verify_sealed(const struct release *release, int fd)
{
	struct copy copy = {.block = {.name = "the copied image",
				    .size = release->size,
				    .parallel = true,
				    .read_back = read_copy},
		.fd = fd};
	uint32_t broken;

	return verify_chunks(&copy.block, release, &broken);
}

/* The kernel in the sealed bytes, alone, as another such file. */
static int
cut_kernel(const struct release *release, int whole)
{
	int fd = memfd_create("kernel", MFD_CLOEXEC | MFD_ALLOW_SEALING), r = 0;
	off_t at = (off_t)release->kernel_offset;

	if (fd < 0)
		return -errno;
	for (uint64_t left = release->kernel_size; r == 0 && left > 0;) {
		ssize_t n = sendfile(fd, whole, &at, left < PIECE ? (size_t)left : PIECE);

		if (n > 0)
			left -= (uint64_t)n;
		else
			r = n < 0 ? -errno : -EIO;
	}
	if (r == 0 &&
		fcntl(fd, F_ADD_SEALS,
			F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0)
		r = -errno;
	if (r < 0)
		close(fd);
	return r < 0 ? r : fd;
}

/* A descriptor of the verified kernel, or -errno. */
static int
make_image(struct device *device, uint8_t slot, const struct release *release,
	struct error *e)
{
	int fd = memfd_create("image", MFD_CLOEXEC | MFD_ALLOW_SEALING), r;

	if (fd < 0)
		return error_set(e, errno, "cannot copy the image: %s", strerror(errno));
	r = copy_image(device->slot[slot], release, fd);
	if (r == 0)
		r = verify_sealed(release, fd);
	if (r == 0 && release->kernel_size == 0)
		return fd;
	if (r == 0)
		r = cut_kernel(release, fd);
	close(fd);
	if (r >= 0)
		return r;
	if (r == -EBADMSG)
		return error_set(e, EBADMSG, "slot %c: is not what was signed",
			device_letter(slot));
	return error_set(e, -r, "cannot copy the image: %s", strerror(-r));
}

/* The command line is inside the image; so is the root file system. */
static int
hand_over(int fd, struct error *e)
{
	/* Whatever the kernel's reason is: the image was not refused, and nobody is busy. */
	if (syscall(SYS_kexec_file_load, fd, -1, 1UL, "",
		    (unsigned long)KEXEC_FILE_NO_INITRAMFS) < 0)
		return error_set(e, EIO, "the kernel does not take the image: %s",
			strerror(errno));
	return 0;
}

/* Verified and handed to the kernel. */
static int
load_image(struct device *device, uint8_t slot, struct error *e)
{
	static struct release release;
	static struct tail tail;
	int r = verify_release(device, slot, &tail, &release, e), fd;
	uint64_t from;

	if (r < 0)
		return r;
	if (release.version < device->state.slots.floor)
		return error_set(e, EPERM, "slot %c %s", device_letter(slot),
			slot_refusal_text(SLOT_BELOW_FLOOR));
	from = clock_now();
	fd = make_image(device, slot, &release, e);
	if (fd < 0)
		return fd;
	device->note.ms[TIME_VERIFY] = clock_ms_since(from);
	from = clock_now();
	r = hand_over(fd, e);
	device->note.ms[TIME_LOAD] = clock_ms_since(from);
	close(fd);
	return r;
}

/* An attempt, on record before it is made. One that cannot be loaded is an attempt without
 * a verdict: whoever asks for it again and again ends, too. */
static int
load_trial(struct device *device, uint8_t slot, struct error *e)
{
	struct slot_input input = {.event = SLOT_JUMP, .slot = slot};
	struct error other;
	int r = load_image(device, slot, e), step;

	if (r < 0)
		snprintf(device->note.why, HISTORY_WHY, "not loaded: %.200s", e->text);
	step = device_step(device, &input, r < 0 ? &other : e);
	if (r == 0 && step < 0)
		syscall(SYS_kexec_file_load, -1, -1, 0UL, NULL,
			(unsigned long)KEXEC_FILE_UNLOAD);
	return r < 0 ? r : step;
}

int
load_slot(struct device *device, uint8_t slot, struct error *e)
{
	int r = device_need_state(device, e);

	if (r == 0)
		r = check_state(device, slot, e);
	if (r < 0)
		return r;
	return device->state.slots.slot[slot].state == SLOT_GOOD
		       ? load_image(device, slot, e)
		       : load_trial(device, slot, e);
}

int
load_picked(struct device *device, uint8_t slot, bool trial, struct error *e)
{
	return trial ? load_trial(device, slot, e) : load_image(device, slot, e);
}
