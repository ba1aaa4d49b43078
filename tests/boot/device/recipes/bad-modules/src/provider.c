// SPDX-License-Identifier: GPL-2.0-only
#include <linux/module.h>

int provided(void);

int
provided(void)
{
	return 0;
}
EXPORT_SYMBOL_GPL(provided);

MODULE_DESCRIPTION("What needy needs");
MODULE_LICENSE("GPL");
