/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "pid1/service/budget.c"
#include "pid1/service/order.c"
#include "pid1/service/service.c"

static struct supervisor s;
static struct config_service configs[SUPERVISE_SLOTS];

static int
clear(void **state)
{
	(void)state;
	memset(&s, 0, sizeof(s));
	memset(configs, 0, sizeof(configs));
	return 0;
}

static void
add(enum service_state state)
{
	struct slot *slot = &s.slots[s.count];

	slot->config = &configs[s.count++];
	slot->service.state = state;
	slot->passed = state != SERVICE_WAITING && state != SERVICE_STARTING &&
		       state != SERVICE_ACTIVATING;
}

static void
relate(struct config_relation *relation, size_t other)
{
	relation->index[relation->count++] = (uint16_t)other;
}

static void
test_order_after_waits_until_it_has_passed(void **state)
{
	static const struct {
		enum service_state state;
		enum order_say say;
	} cases[] = {
		{SERVICE_WAITING, ORDER_WAIT},
		{SERVICE_STARTING, ORDER_WAIT},
		{SERVICE_ACTIVATING, ORDER_WAIT},
		{SERVICE_RUNNING, ORDER_GO},
		{SERVICE_FAILED, ORDER_GO},
		{SERVICE_PAUSED, ORDER_GO},
		{SERVICE_INACTIVE, ORDER_GO},
		{SERVICE_FINISHED, ORDER_GO},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		clear(state);
		add(cases[i].state);
		add(SERVICE_WAITING);
		relate(&configs[1].after, 0);
		assert_int_equal(order_start(&s, 1), cases[i].say);
	}
}

static void
test_order_after_and_requires_needs_it_up(void **state)
{
	static const struct {
		enum service_state state;
		uint8_t type;
		enum order_say say;
	} cases[] = {
		{SERVICE_ACTIVATING, SERVICE_NOTIFY, ORDER_WAIT},
		{SERVICE_RUNNING, SERVICE_NOTIFY, ORDER_GO},
		{SERVICE_PAUSED, SERVICE_NOTIFY, ORDER_HELD},
		{SERVICE_FAILED, SERVICE_SIMPLE, ORDER_HELD},
		{SERVICE_FINISHED, SERVICE_ONESHOT, ORDER_GO},
		{SERVICE_FINISHED, SERVICE_SIMPLE, ORDER_HELD},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		clear(state);
		add(cases[i].state);
		add(SERVICE_WAITING);
		configs[0].type = cases[i].type;
		relate(&configs[1].after, 0);
		relate(&configs[1].requires, 0);
		assert_int_equal(order_start(&s, 1), cases[i].say);
	}
	/* One that is about to be stopped is as good as down. */
	clear(state);
	add(SERVICE_RUNNING);
	add(SERVICE_WAITING);
	relate(&configs[1].after, 0);
	relate(&configs[1].requires, 0);
	s.slots[0].ask = ASK_AGAIN;
	assert_int_equal(order_start(&s, 1), ORDER_HELD);
}

static void
test_order_requires_alone_is_no_order(void **state)
{
	(void)state;
	add(SERVICE_WAITING);
	add(SERVICE_WAITING);
	relate(&configs[0].requires, 1);
	relate(&configs[1].requires, 0);
	assert_int_equal(order_start(&s, 0), ORDER_GO);
	assert_int_equal(order_start(&s, 1), ORDER_GO);
}

static void
test_order_stop_waits_for_what_started_later(void **state)
{
	bool held[SUPERVISE_SLOTS];

	(void)state;
	for (int i = 0; i < 4; i++) {
		add(SERVICE_RUNNING);
		s.slots[i].ask = ASK_STOP;
	}
	relate(&configs[1].after, 0);
	relate(&configs[2].after, 1);
	order_held(&s, held);
	assert_true(held[0] && held[1] && !held[2] && !held[3]);
	/* Under way, it is still in the way ... */
	s.slots[2].ask = ASK_NONE;
	s.slots[2].service.goal = GOAL_STOP;
	s.slots[2].service.state = SERVICE_STOPPING;
	order_held(&s, held);
	assert_true(held[1]);
	/* ... and once gone, or stuck for ever, it is not. */
	s.slots[2].service.state = SERVICE_STUCK;
	order_held(&s, held);
	assert_true(held[0] && !held[1]);
	s.slots[2].service.state = SERVICE_INACTIVE;
	order_held(&s, held);
	assert_false(held[1]);
	/* One that nobody asked to stop holds nothing up. */
	s.slots[1].ask = ASK_NONE;
	order_held(&s, held);
	assert_false(held[0]);
}

static void
test_order_marks_what_is_needed_and_who_depends(void **state)
{
	bool marked[SUPERVISE_SLOTS] = {false};

	(void)state;
	for (int i = 0; i < 6; i++)
		add(SERVICE_INACTIVE);
	/* 5 requires 3, which wants 1; 4 requires 5; 0 and 2 stand alone. */
	relate(&configs[5].requires, 3);
	relate(&configs[3].wants, 1);
	relate(&configs[4].requires, 5);
	marked[5] = true;
	order_mark_needed(&s, marked);
	assert_true(!marked[0] && marked[1] && !marked[2] && marked[3] && !marked[4]);
	memset(marked, 0, sizeof(marked));
	marked[3] = true;
	order_mark_dependants(&s, marked);
	assert_true(marked[3] && marked[5] && marked[4]);
	assert_true(!marked[1] && !marked[0]);
	/* who only wants it is left alone */
	memset(marked, 0, sizeof(marked));
	marked[1] = true;
	order_mark_dependants(&s, marked);
	assert_false(marked[3]);
}

static void
test_order_circle_of_requirements_ends(void **state)
{
	bool marked[SUPERVISE_SLOTS] = {false};

	(void)state;
	for (size_t i = 0; i < 256; i++)
		add(SERVICE_RUNNING);
	for (size_t i = 0; i < 256; i++)
		relate(&configs[i].requires, (i + 1) % 256);
	marked[7] = true;
	order_mark_dependants(&s, marked);
	for (size_t i = 0; i < 256; i++)
		assert_true(marked[i]);
}

/* Needed ones must be up; wanted ones are only waited for. */
static void
test_order_mounts_are_waited_for(void **state)
{
	static const struct {
		uint32_t needed, wanted, settled, up;
		enum order_say say;
	} cases[] = {
		{2, 0, 0, 0, ORDER_WAIT},
		{2, 0, 1, 1, ORDER_WAIT},
		{2, 0, 2, 0, ORDER_HELD},
		{2, 0, 2, 2, ORDER_GO},
		{3, 0, 3, 1, ORDER_HELD},
		{0, 2, 0, 0, ORDER_WAIT},
		{0, 2, 2, 0, ORDER_GO},
		{1, 2, 1, 1, ORDER_WAIT},
		{1, 2, 3, 1, ORDER_GO},
		{1, 2, 2, 2, ORDER_WAIT},
		{0, 0, 0, 0, ORDER_GO},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		clear(state);
		add(SERVICE_WAITING);
		configs[0].mounts = cases[i].needed;
		configs[0].mounts_wanted = cases[i].wanted;
		s.mounts_settled = cases[i].settled;
		s.mounts_up = cases[i].up;
		assert_int_equal(order_start(&s, 0), cases[i].say);
	}
}

/* Asked to stop or not: what has no process is nothing to wait for. */
static void
test_order_stop_waits_for_processes_only(void **state)
{
	static const enum service_state none[] = {SERVICE_INACTIVE, SERVICE_WAITING,
		SERVICE_PAUSED, SERVICE_FINISHED, SERVICE_FAILED, SERVICE_STUCK};
	bool held[SUPERVISE_SLOTS];

	for (int way = 0; way < SERVICE_STATES * 2; way++) {
		bool idle = false;

		clear(state);
		add(SERVICE_RUNNING);
		add((enum service_state)(way / 2));
		relate(&configs[1].after, 0);
		if (way % 2)
			s.slots[1].ask = ASK_STOP;
		else
			s.slots[1].service.goal = GOAL_STOP;
		for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
			idle |= none[i] == (enum service_state)(way / 2);
		order_held(&s, held);
		assert_int_equal(held[0], !idle);
		assert_false(held[1]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_order_after_waits_until_it_has_passed, clear),
		cmocka_unit_test_setup(test_order_after_and_requires_needs_it_up, clear),
		cmocka_unit_test_setup(test_order_requires_alone_is_no_order, clear),
		cmocka_unit_test_setup(
			test_order_stop_waits_for_what_started_later, clear),
		cmocka_unit_test_setup(
			test_order_marks_what_is_needed_and_who_depends, clear),
		cmocka_unit_test_setup(test_order_circle_of_requirements_ends, clear),
		cmocka_unit_test_setup(test_order_mounts_are_waited_for, clear),
		cmocka_unit_test_setup(test_order_stop_waits_for_processes_only, clear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
