// SPDX-License-Identifier: GPL-2.0-only
/* Needs `provider`, which is not in the image. */
#include <linux/init.h>
#include <linux/module.h>

int provided(void);

static int __init
needy_init(void)
{
	return provided();
}

module_init(needy_init);

MODULE_DESCRIPTION("Needs another one");
MODULE_LICENSE("GPL");
