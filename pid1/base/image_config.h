/* SPDX-License-Identifier: ISC */
#ifndef PID1_IMAGE_CONFIG_H
#define PID1_IMAGE_CONFIG_H

struct config;
struct error;

/* The image's config for programs beside pid1, mapped for good; NULL with e. */
const struct config *image_config(struct error *e);

#endif
