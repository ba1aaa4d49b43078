// SPDX-License-Identifier: GPL-2.0-only
/* Calls what no kernel has. */
#include <linux/init.h>
#include <linux/module.h>

int nobody_has_this(void);

static int __init
missing_init(void)
{
	return nobody_has_this();
}

module_init(missing_init);

MODULE_DESCRIPTION("A symbol that is nowhere");
MODULE_LICENSE("GPL");
