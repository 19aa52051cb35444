#include "base/clock.h"

#include <stdbool.h>
#include <string.h>
#include <time.h>

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

int64_t clock_monotonic_us(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000) + now.tv_nsec / 1000;
}

/* Both conversions count from March, so that the leap day ends a year, in eras of 400 years
   (146,097 days): Hinnant, chrono-Compatible Low-Level Date Algorithms. Era 0 starts 719,468 days
   before 1970. */
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

static struct date date_of_days(int64_t days)
{
    int64_t shifted = days + 719468;
    int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
    int64_t day_of_era = shifted - era * 146097;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month_from_march = (5 * day_of_year + 2) / 153;
    int64_t month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
    return (struct date){
        .year = year_of_era + era * 400 + (month <= 2),
        .month = month,
        .day = day_of_year - (153 * month_from_march + 2) / 5 + 1,
    };
}

/* value is not negative and fits. */
static void put_number(char *at, int digits, int64_t value)
{
    unsigned rest = (unsigned)value;
    while (digits-- > 0) {
        at[digits] = (char)('0' + rest % 10);
        rest /= 10;
    }
}

/* An instant within the bounds, in parts. */
struct moment {
    int64_t days; /* since 1970, may be negative */
    int64_t s;    /* of the day */
    int64_t ms;   /* of the second */
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
    return (struct moment){.days = days, .s = ms / MS_PER_SECOND, .ms = ms % MS_PER_SECOND};
}

/* "00:00:00" */
static void put_time(char *at, int64_t s)
{
    put_number(at, 2, s / S_PER_HOUR);
    put_number(at + 3, 2, s % S_PER_HOUR / S_PER_MINUTE);
    put_number(at + 6, 2, s % S_PER_MINUTE);
}

void clock_format(int64_t instant_ms, char out[CLOCK_TEXT_SIZE])
{
    struct moment moment = moment_of(instant_ms);
    struct date date = date_of_days(moment.days);
    memcpy(out, "0000-00-00T00:00:00.000Z", CLOCK_TEXT_SIZE);
    put_number(out, 4, date.year);
    put_number(out + 5, 2, date.month);
    put_number(out + 8, 2, date.day);
    put_time(out + 11, moment.s);
    put_number(out + 20, 3, moment.ms);
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
    put_number(out + 5, 2, date.day);
    memcpy(out + 8, months + (date.month - 1) * 3, 3);
    put_number(out + 12, 4, date.year);
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
