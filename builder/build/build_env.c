/* SPDX-License-Identifier: ISC */
#include "build_env.h"
#include "builder/graph/identity.h"
#include "builder/base/say.h"
#include "builder/source/toolchain.h"
#include "builder/base/xalloc.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static void __attribute__((format(printf, 2, 3)))
add(struct strlist *env, const char *format, ...)
{
	char text[1024];
	va_list arguments;

	va_start(arguments, format);
	if (vsnprintf(text, sizeof text, format, arguments) >= (int)sizeof text)
		die("an environment variable of the sandbox is too long");
	va_end(arguments);
	if (strlist_add(env, text) < 0)
		die("out of memory");
}

void
build_env_fixed(struct strlist *env, const char *arch)
{
	const char *target = toolchain_target(arch);

	add(env, "SRC=" BUILD_SRC);
	add(env, "OUT=" BUILD_OUT);
	add(env, "SYSROOT=" BUILD_SYSROOT);
	add(env, "ARCH=%s", arch);
	add(env, "KARCH=%s", toolchain_kernel_arch(arch));
	add(env, "TARGET=%s", target);
	add(env, "AR=%s-ar", target);
	add(env, "CFLAGS=-Os -pipe -fstack-protector-strong -ffunction-sections "
		 "-fdata-sections -fno-asynchronous-unwind-tables "
		 "-ffile-prefix-map=" BUILD_SRC "=.");
	add(env,
		"LDFLAGS=-static -Wl,--gc-sections -Wl,--build-id=none -Wl,-z,relro,-z,now");
	add(env, "SOURCE_DATE_EPOCH=%d", SOURCE_DATE_EPOCH);
	add(env, "LC_ALL=C");
	add(env, "TZ=UTC0");
	add(env, "HOME=/build");
	add(env, "PATH=/usr/bin:/bin");
	add(env, "KERNEL=" BUILD_DEPENDS "/kernel");
	add(env, "CAVITY=/build/cavity.cpio");
	add(env, "KCONFIG=/build/kconfig");
}

void
build_env(struct strlist *env, const char *arch, bool own_libc, unsigned jobs)
{
	const char *target = toolchain_target(arch);
	const char *specs = own_libc ? " -specs=" BUILD_SYSROOT "/lib/gcc.specs" : "";

	build_env_fixed(env, arch);
	add(env, "CC=%s-gcc-12%s", target, specs);
	add(env, "CXX=%s-g++-12%s", target, specs);
	add(env, "JOBS=%u", jobs);
}
