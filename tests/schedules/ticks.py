"""Makes ticks.json: how often cron patterns tick in ten zones from 2016 to 2025, and a digest of when, by croniter and zoneinfo.

Run it with Python 3.11 and croniter 7: python3 tests/schedules/ticks.py > tests/schedules/ticks.json
croniter tells the wall times of a pattern; where these lie is decided here by the rules of Vixie cron, moment by moment.
"""
import hashlib, json, os
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo
from croniter import croniter

ZONES = ["UTC", "Europe/Berlin", "America/New_York", "America/St_Johns", "America/Santiago", "America/Sao_Paulo",
         "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Auckland", "Atlantic/Azores"]
FIXED = ["30 2 * * *", "0,30 0-3 * * *", "15 1 * * SUN", "0 0 * * *", "0 12 29 2 *", "45 23 28-31 * *", "5 4 1,15 * MON"]
ELAPSED = ["*/15 * * 3,4,9-11 SUN", "0 */2 * 3,4,9-11 *", "30 */3 * 3,4,9-11 *", "0 * 1-7 3,10 SUN"]
FIRST, LAST = datetime(2016, 1, 1, tzinfo=timezone.utc), datetime(2026, 1, 1, tzinfo=timezone.utc)


def gap_end(zone, wall):
    """When the clocks go on that leave out a wall time."""
    low, high = (int((wall + timedelta(days=days)).replace(tzinfo=timezone.utc).timestamp()) for days in (-1, 1))
    old = datetime.fromtimestamp(low, zone).utcoffset()
    while high - low > 1:
        middle = (low + high) // 2
        if datetime.fromtimestamp(middle, zone).utcoffset() == old:
            low = middle
        else:
            high = middle
    return high


def fixed(zone, pattern):
    ticks = []
    walls = croniter(pattern, datetime(2015, 12, 30), day_or=True)
    while True:
        wall = walls.get_next(datetime)
        moment = wall.replace(tzinfo=zone, fold=0).astimezone(timezone.utc)
        is_shown = moment.astimezone(zone).replace(tzinfo=None) == wall
        second = int(moment.timestamp()) if is_shown else gap_end(zone, wall)
        if second >= LAST.timestamp():
            return ticks
        if second >= FIRST.timestamp() and (not ticks or second > ticks[-1]):
            ticks.append(second)


def elapsed(zone, pattern):
    (minutes, hours, days, months, weekdays), _ = croniter.expand(pattern)
    fits = lambda value, values: values == ["*"] or value in values
    ticks = []
    for second in range(int(FIRST.timestamp()), int(LAST.timestamp()), 15 * 60):
        wall = datetime.fromtimestamp(second, zone)
        is_day, is_weekday = fits(wall.day, days), fits(wall.isoweekday() % 7, weekdays)
        both = days == ["*"] or weekdays == ["*"]
        if (is_day and is_weekday if both else is_day or is_weekday) and fits(wall.month, months) \
                and fits(wall.hour, hours) and fits(wall.minute, minutes):
            ticks.append(second)
    return ticks


table = {}
for name in ZONES:
    zone = ZoneInfo(name)
    for pattern, ticks_of in [(pattern, fixed) for pattern in FIXED] + [(pattern, elapsed) for pattern in ELAPSED]:
        ticks = ticks_of(zone, pattern)
        digest = hashlib.sha256(",".join(map(str, ticks)).encode()).hexdigest()[:16]
        table.setdefault(name, {})[pattern] = [len(ticks), digest]
        if "TICKS_TO" in os.environ:
            with open(os.path.join(os.environ["TICKS_TO"], f"{name}_{pattern}".replace("/", "_")), "w") as file:
                file.write("\n".join(map(str, ticks)))
print(json.dumps(table, indent=1).replace("[\n   ", "[").replace(",\n   \"", ', "').replace("\n  ]", "]"))
