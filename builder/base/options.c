/* SPDX-License-Identifier: ISC */
#include <stddef.h>

#include "options.h"

struct options options;
