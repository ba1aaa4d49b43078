/* SPDX-License-Identifier: ISC */
#include "services.h"

#include "builder/read/cpulist.h"

static void
test_limits_all_given_read(void **state)
{
	struct service s;

	(void)state;
	accepted(RUN "MemoryMin = 4M\nMemoryHigh = 12M\nMemoryMax = 16M\nTasksMax = 8\n"
		     "CPUWeight = 500\nCPUQuota = 150%\nIOWeight = 10000\n"
		     "AllowedCPUs = 3 0,1 5-6\nSlice = critical\nNice = -5\n"
		     "CPUSchedulingPolicy = rr\nCPUSchedulingPriority = 40\n"
		     "OOMScoreAdjust = -1000\nLimitNOFILE = 64\nLimitCORE = 1M\n",
		&s);
	assert_int_equal(s.limits.memory_min, 4 << 20);
	assert_int_equal(s.limits.memory_high, 12 << 20);
	assert_int_equal(s.limits.memory_max, 16 << 20);
	assert_int_equal(s.limits.tasks_max, 8);
	assert_int_equal(s.limits.cpu_weight, 500);
	assert_int_equal(s.limits.cpu_quota_us, 150000);
	assert_int_equal(s.limits.io_weight, 10000);
	assert_string_equal(s.limits.cpus, "0-1,3,5-6");
	assert_int_equal(s.limits.slice, SLICE_CRITICAL);
	assert_int_equal(s.limits.nice, -5);
	assert_int_equal(s.limits.policy, 2);
	assert_int_equal(s.limits.priority, 40);
	assert_int_equal(s.limits.oom_score_adjust, -1000);
	assert_int_equal(s.limits.files, 64);
	assert_int_equal(s.limits.core, 1 << 20);
	service_free(&s);
}

static void
test_limits_none_given_as_the_kernel_has_it(void **state)
{
	struct service s;

	(void)state;
	accepted(RUN, &s);
	assert_int_equal(s.limits.memory_min, 0);
	assert_int_equal(s.limits.memory_high, 0);
	assert_true(s.limits.memory_max == UINT64_MAX);
	assert_true(s.limits.tasks_max == UINT64_MAX);
	assert_int_equal(s.limits.cpu_weight, 0);
	assert_int_equal(s.limits.cpu_quota_us, 0);
	assert_null(s.limits.cpus);
	assert_int_equal(s.limits.slice, SLICE_SERVICES);
	assert_int_equal(s.limits.policy, 0);
	assert_int_equal(s.limits.oom_score_adjust, 0);
	assert_int_equal(s.limits.core, 0);
	service_free(&s);
}

static void
test_limits_slice_decides_who_goes_first(void **state)
{
	struct service s;

	(void)state;
	accepted(RUN "Slice = speculative\n", &s);
	assert_int_equal(s.limits.oom_score_adjust, 1000);
	service_free(&s);
	accepted(RUN "Slice = critical\n", &s);
	assert_int_equal(s.limits.oom_score_adjust, -900);
	service_free(&s);
	accepted(RUN "Slice = critical\nOOMScoreAdjust = 5\nLimitCORE = infinity\n", &s);
	assert_int_equal(s.limits.oom_score_adjust, 5);
	assert_true(s.limits.core == UINT64_MAX);
	service_free(&s);
}

static void
test_limits_bad_value_refused(void **state)
{
	(void)state;
	refused(RUN "MemoryMin = 17M\nMemoryMax = 16M\n",
		FILE ":3: MemoryMin: \"17M\" is more than its MemoryMax");
	refused(RUN "MemoryHigh = 17M\nMemoryMax = 16M\n",
		FILE ":3: MemoryHigh: \"17M\" is more than its MemoryMax");
	refused(RUN "CPUWeight = 0\n",
		FILE ":3: CPUWeight: want a whole number from 1 to 10000, got \"0\"");
	refused(RUN "IOWeight = 1e3\n",
		FILE ":3: IOWeight: want a whole number from 1 to 10000, got \"1e3\"");
	refused(RUN "CPUQuota = 20\n", FILE
		":3: CPUQuota: want a share of one processor such as 20%, at most 102400%, got \"20\"");
	refused(RUN "CPUQuota = 0%\n", FILE
		":3: CPUQuota: want a share of one processor such as 20%, at most 102400%, got \"0%\"");
	refused(RUN "AllowedCPUs = 3-1\n", FILE
		":3: AllowedCPUs: want processors such as \"0-3 5\", each below 1024, got \"3-1\"");
	refused(RUN "Slice = best\n",
		FILE ":3: Slice: want services, critical or speculative, got \"best\"");
	refused(RUN "Nice = 20\n",
		FILE ":3: Nice: want a whole number from -20 to 19, got \"20\"");
	refused(RUN "CPUSchedulingPriority = 5\n", FILE
		":3: CPUSchedulingPriority: want CPUSchedulingPolicy = fifo or rr beside it");
	refused(RUN "OOMScoreAdjust = --1\n", FILE
		":3: OOMScoreAdjust: want a whole number from -1000 to 1000, got \"--1\"");
	refused(RUN "LimitNOFILE = 2\n",
		FILE ":3: LimitNOFILE: want 8 to 1048576, got \"2\"");
}

static void
cpus(const char *text, const char *want)
{
	char *list = cpulist_normal(text);

	if (want)
		assert_string_equal(list, want);
	else
		assert_null(list);
	free(list);
}

static void
test_cpulist_as_the_kernel_writes_it(void **state)
{
	(void)state;
	cpus("0", "0");
	cpus("2 1\n0", "0-2");
	cpus("0-3,2-5 1023", "0-5,1023");
	cpus("", NULL);
	cpus(" , ", NULL);
	cpus("1024", NULL);
	cpus("99999999999999999999", NULL);
	cpus("1-", NULL);
	cpus("-1", NULL);
	cpus("1-2-3", NULL);
	cpus("a", NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_limits_all_given_read),
		cmocka_unit_test(test_limits_none_given_as_the_kernel_has_it),
		cmocka_unit_test(test_limits_slice_decides_who_goes_first),
		cmocka_unit_test(test_limits_bad_value_refused),
		cmocka_unit_test(test_cpulist_as_the_kernel_writes_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
