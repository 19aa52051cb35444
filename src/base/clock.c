#include "base/clock.h"

#include <stdbool.h>
#include <string.h>
#include <time.h>

#include "base/digits.h"

#define MS_PER_DAY (S_PER_DAY * MS_PER_SECOND)
#define FIRST_INSTANT_MS INT64_C(-62167219200000) /* 0000-01-01T00:00:00.000Z */
#define LAST_INSTANT_MS INT64_C(253402300799999)  /* 9999-12-31T23:59:59.999Z */
#define FRACTION_DIGITS_MAX 9

/* A day of the Gregorian calendar. */
struct date {
    int64_t year;
    int64_t month; /* from 1 */
    int64_t day;   /* from 1 */
};

static int64_t system_now_ms(void *context)
{
    (void)context;
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now); /* cannot fail for this clock */
    return now.tv_sec * MS_PER_SECOND + now.tv_nsec / 1000000;
}

struct clock clock_system(void)
{
    return (struct clock){.now_ms = system_now_ms};
}

int64_t clock_now_ms(const struct clock *clock)
{
    return clock->now_ms(clock->context);
}

static int64_t read_us(clockid_t which)
{
    struct timespec now;
    (void)clock_gettime(which, &now);
    return now.tv_sec * INT64_C(1000000) + now.tv_nsec / 1000;
}

int64_t clock_monotonic_us(void)
{
    return read_us(CLOCK_MONOTONIC);
}

int64_t clock_coarse_us(void)
{
    return read_us(CLOCK_MONOTONIC_COARSE);
}

/* Counts from March, so that the leap day ends a year, in eras of 400 years (146,097 days):
   Hinnant, chrono-Compatible Low-Level Date Algorithms. Era 0 starts 719,468 days before 1970. */
static int64_t days_of_date(struct date date)
{
    int64_t year = date.month <= 2 ? date.year - 1 : date.year;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t year_of_era = year - era * 400;
    int64_t month_from_march = (date.month + 9) % 12;
    int64_t day_of_year = (153 * month_from_march + 2) / 5 + date.day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

/* The way back from March of a year, with multiplications for divisions: Neri and Schneider,
   Euclidean affine functions and their application to calendar algorithms (2022), figure 12. days
   lie within the bounds; one era more keeps them above zero. */
static struct date date_of_days(int64_t days)
{
    uint32_t shifted = (uint32_t)(days + 719468 + 146097);
    uint32_t century = (4 * shifted + 3) / 146097;
    uint32_t day_of_century = (4 * shifted + 3) % 146097 / 4;
    uint64_t product = UINT64_C(2939745) * (4 * day_of_century + 3);
    uint32_t year_of_century = (uint32_t)(product >> 32);
    uint32_t day_of_year = (uint32_t)product / 2939745 / 4;
    uint32_t months = 2141 * day_of_year + 197913;
    uint32_t month = months >> 16; /* March is 3, January 13 */
    bool next_year = day_of_year >= 306;
    return (struct date){
        .year = (int64_t)(100 * century + year_of_century + next_year) - 400,
        .month = next_year ? month - 12 : month,
        .day = months % 65536 / 2141 + 1,
    };
}

static void put_year(char *at, int64_t year)
{
    digits_put_pair(at, (unsigned)year / 100);
    digits_put_pair(at + 2, (unsigned)year % 100);
}

/* An instant within the bounds, in parts. */
struct moment {
    int64_t days; /* since 1970, may be negative */
    uint32_t s;   /* of the day */
    uint32_t ms;  /* of the second */
};

static struct moment moment_of(int64_t instant_ms)
{
    if (instant_ms < FIRST_INSTANT_MS) {
        instant_ms = FIRST_INSTANT_MS;
    }
    if (instant_ms > LAST_INSTANT_MS) {
        instant_ms = LAST_INSTANT_MS;
    }
    int64_t ms = instant_ms % MS_PER_DAY;
    int64_t days = instant_ms / MS_PER_DAY;
    if (ms < 0) {
        ms += MS_PER_DAY;
        days--;
    }
    return (struct moment){.days = days, .s = (uint32_t)ms / 1000, .ms = (uint32_t)ms % 1000};
}

/* "00:00:00" */
static void put_time(char *at, uint32_t s)
{
    digits_put_pair(at, s / 3600);
    digits_put_pair(at + 3, s / 60 % 60);
    digits_put_pair(at + 6, s % 60);
}

void clock_format(int64_t instant_ms, char out[CLOCK_TEXT_SIZE])
{
    struct moment moment = moment_of(instant_ms);
    struct date date = date_of_days(moment.days);
    memcpy(out, "0000-00-00T00:00:00.000Z", CLOCK_TEXT_SIZE);
    put_year(out, date.year);
    digits_put_pair(out + 5, (unsigned)date.month);
    digits_put_pair(out + 8, (unsigned)date.day);
    put_time(out + 11, moment.s);
    out[20] = (char)('0' + moment.ms / 100);
    digits_put_pair(out + 21, moment.ms % 100);
}

void clock_format_http(int64_t instant_ms, char out[CLOCK_HTTP_SIZE])
{
    static const char weekdays[] = "SunMonTueWedThuFriSat";
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    struct moment moment = moment_of(instant_ms);
    struct date date = date_of_days(moment.days);
    /* 1970-01-01 was a Thursday; whole weeks more keep days before it above zero. */
    int64_t weekday = (moment.days + 4 + INT64_C(7) * 110000) % 7;
    memcpy(out, "Xxx, 00 Xxx 0000 00:00:00 GMT", CLOCK_HTTP_SIZE);
    memcpy(out, weekdays + weekday * 3, 3);
    digits_put_pair(out + 5, (unsigned)date.day);
    memcpy(out + 8, months + (date.month - 1) * 3, 3);
    put_year(out + 12, date.year);
    put_time(out + 17, moment.s);
}

/* Takes exactly that many digits off *rest; the number is between min and max. */
static bool take_number(struct view *rest, size_t digits, int64_t min, int64_t max, int64_t *out)
{
    if (rest->len < digits) {
        return false;
    }
    int64_t value = 0;
    for (size_t i = 0; i < digits; i++) {
        if (rest->at[i] < '0' || rest->at[i] > '9') {
            return false;
        }
        value = value * 10 + (rest->at[i] - '0');
    }
    *rest = view_sub(*rest, digits, rest->len);
    *out = value;
    return value >= min && value <= max;
}

static bool take_char(struct view *rest, char c, char other)
{
    if (rest->len == 0 || (rest->at[0] != c && rest->at[0] != other)) {
        return false;
    }
    *rest = view_sub(*rest, 1, rest->len);
    return true;
}

static int64_t days_in_month(int64_t year, int64_t month)
{
    static const int8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap);
}

static bool take_date(struct view *rest, int64_t *days)
{
    struct date date;
    if (!take_number(rest, 4, 0, 9999, &date.year) || !take_char(rest, '-', '-') ||
        !take_number(rest, 2, 1, 12, &date.month) || !take_char(rest, '-', '-') ||
        !take_number(rest, 2, 1, days_in_month(date.year, date.month), &date.day)) {
        return false;
    }
    *days = days_of_date(date);
    return true;
}

/* Second 60 is a leap second (RFC 3339 section 5.7); the caller knows whether it can be one. */
static bool take_time_of_day(struct view *rest, int64_t *seconds, bool *leap_second)
{
    int64_t hour;
    int64_t minute;
    int64_t second;
    if (!take_number(rest, 2, 0, 23, &hour) || !take_char(rest, ':', ':') ||
        !take_number(rest, 2, 0, 59, &minute) || !take_char(rest, ':', ':') ||
        !take_number(rest, 2, 0, 60, &second)) {
        return false;
    }
    *seconds = hour * S_PER_HOUR + minute * S_PER_MINUTE + second;
    *leap_second = second == 60;
    return true;
}

static bool take_fraction_ms(struct view *rest, int64_t *ms)
{
    *ms = 0;
    if (!take_char(rest, '.', '.')) {
        return true;
    }
    int64_t weight = 100;
    int64_t digit;
    size_t digits = 0;
    while (rest->len > 0 && rest->at[0] >= '0' && rest->at[0] <= '9') {
        if (++digits > FRACTION_DIGITS_MAX || !take_number(rest, 1, 0, 9, &digit)) {
            return false;
        }
        *ms += digit * weight;
        weight /= 10;
    }
    return digits > 0;
}

static bool take_offset_s(struct view *rest, int64_t *offset_s)
{
    *offset_s = 0;
    if (take_char(rest, 'Z', 'z')) {
        return true;
    }
    int64_t sign = rest->len > 0 && rest->at[0] == '-' ? -1 : 1;
    int64_t hours;
    int64_t minutes;
    if (!take_char(rest, '+', '-') || !take_number(rest, 2, 0, 23, &hours) ||
        !take_char(rest, ':', ':') || !take_number(rest, 2, 0, 59, &minutes)) {
        return false;
    }
    *offset_s = sign * (hours * S_PER_HOUR + minutes * S_PER_MINUTE);
    return true;
}

bool clock_parse(struct view text, int64_t *instant_ms)
{
    int64_t days;
    int64_t seconds;
    int64_t ms;
    int64_t offset_s;
    bool leap_second;
    if (!take_date(&text, &days) || !take_char(&text, 'T', 't') ||
        !take_time_of_day(&text, &seconds, &leap_second) || !take_fraction_ms(&text, &ms) ||
        !take_offset_s(&text, &offset_s) || !view_is_empty(text)) {
        return false;
    }
    int64_t utc_s = days * S_PER_DAY + seconds - offset_s;
    if (leap_second && utc_s % S_PER_DAY != 0) { /* only the last second of a UTC day can be one */
        return false;
    }
    int64_t instant = utc_s * MS_PER_SECOND + ms;
    if (instant < FIRST_INSTANT_MS || instant > LAST_INSTANT_MS) {
        return false;
    }
    *instant_ms = instant;
    return true;
}
