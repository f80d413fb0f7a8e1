#include "timing/sysfs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CPU_DIR "/sys/devices/system/cpu/"

/* First line of a file, without its end. */
static bool read_line(const char *path, char *text, size_t capacity)
{
    FILE *file = fopen(path, "re");
    if (!file)
        return false;
    bool ok = fgets(text, (int)capacity, file) != NULL;
    fclose(file);
    if (ok)
        text[strcspn(text, "\n")] = '\0';
    return ok && text[0];
}

static void unknown(char *text, size_t capacity)
{
    snprintf(text, capacity, "unknown");
}

/* Value of a "key : value" line of /proc/cpuinfo. */
static bool cpuinfo(const char *key, char *text, size_t capacity)
{
    char line[4096];
    FILE *file = fopen("/proc/cpuinfo", "re");
    bool found = false;
    while (file && !found && fgets(line, sizeof line, file)) {
        char *colon = strchr(line, ':');
        if (strncmp(line, key, strlen(key)) || !colon)
            continue;
        char *value = colon + 1 + strspn(colon + 1, " \t");
        value[strcspn(value, "\n")] = '\0';
        snprintf(text, capacity, "%s", value);
        found = true;
    }
    if (file)
        fclose(file);
    return found;
}

void awh_sysfs_cpu(char *text, size_t capacity)
{
    if (!cpuinfo("model name", text, capacity) && !cpuinfo("CPU part", text, capacity))
        unknown(text, capacity);
}

/* The line of a core's file below its folder. */
static void read_cpu(int cpu, const char *file, char *text, size_t capacity)
{
    char path[128];
    snprintf(path, sizeof path, CPU_DIR "cpu%d/%s", cpu, file);
    if (!read_line(path, text, capacity))
        unknown(text, capacity);
}

void awh_sysfs_governor(int cpu, char *text, size_t capacity)
{
    read_cpu(cpu, "cpufreq/scaling_governor", text, capacity);
}

void awh_sysfs_turbo(char *text, size_t capacity)
{
    char value[16];
    if (read_line(CPU_DIR "intel_pstate/no_turbo", value, sizeof value))
        snprintf(text, capacity, "%s", value[0] == '0' ? "on" : "off");
    else if (read_line(CPU_DIR "cpufreq/boost", value, sizeof value))
        snprintf(text, capacity, "%s", value[0] == '1' ? "on" : "off");
    else
        unknown(text, capacity);
}

void awh_sysfs_sibling_list(int cpu, char *text, size_t capacity)
{
    read_cpu(cpu, "topology/thread_siblings_list", text, capacity);
}

void awh_sysfs_huge_pages(char *text, size_t capacity)
{
    char line[128];
    unknown(text, capacity);
    if (!read_line("/sys/kernel/mm/transparent_hugepage/enabled", line, sizeof line))
        return;
    char *chosen = strchr(line, '['), *end = chosen ? strchr(chosen, ']') : NULL;
    if (end)
        snprintf(text, capacity, "%.*s", (int)(end - chosen - 1), chosen + 1);
}

bool awh_sysfs_is_virtual(void)
{
    char flags[4096];
    return cpuinfo("flags", flags, sizeof flags) && strstr(flags, " hypervisor") != NULL;
}

/* "0-1,8": ranges and numbers. */
void awh_sysfs_siblings(int cpu, cpu_set_t *set_inout)
{
    char text[256];
    awh_sysfs_sibling_list(cpu, text, sizeof text);
    for (char *at = text; *at >= '0' && *at <= '9';) {
        long first = strtol(at, &at, 10), last = first;
        if (*at == '-')
            last = strtol(at + 1, &at, 10);
        for (long i = first; i <= last && i < CPU_SETSIZE; i++)
            CPU_SET((size_t)i, set_inout);
        if (*at != ',')
            break;
        at++;
    }
}

/* Fields of a line of /proc/stat: user nice system idle iowait irq softirq steal ... */
#define STAT_FIELDS 8

static void stat_fields(const char *line, uint64_t fields[STAT_FIELDS])
{
    char *at = (char *)(uintptr_t)line;
    for (int i = 0; i < STAT_FIELDS; i++)
        fields[i] = strtoull(at, &at, 10);
}

void awh_sysfs_idle(uint64_t *idle, size_t capacity)
{
    char line[1024];
    FILE *file = fopen("/proc/stat", "re");
    while (file && fgets(line, sizeof line, file)) {
        uint64_t fields[STAT_FIELDS];
        char *rest;
        if (strncmp(line, "cpu", 3) || line[3] < '0' || line[3] > '9')
            continue;
        unsigned long cpu = strtoul(line + 3, &rest, 10);
        stat_fields(rest, fields);
        if (cpu < capacity)
            idle[cpu] = fields[3] + fields[4];
    }
    if (file)
        fclose(file);
}

void awh_sysfs_steal(uint64_t *total_out, uint64_t *steal_out)
{
    char line[1024];
    uint64_t fields[STAT_FIELDS] = {0};
    FILE *file = fopen("/proc/stat", "re");
    if (file && fgets(line, sizeof line, file) && !strncmp(line, "cpu ", 4))
        stat_fields(line + 4, fields);
    if (file)
        fclose(file);
    *total_out = 0;
    for (int i = 0; i < STAT_FIELDS; i++)
        *total_out += fields[i];
    *steal_out = fields[7];
}
