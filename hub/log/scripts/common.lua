-- Prepended to the other scripts (hub/log/script.py), whose first keys are last, birth, clock
-- and canary.
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local text = function(number) return string.format('%.0f', number) end
local CANARY = 10000000 -- microseconds that the canary lives after a probe

-- The last position assigned, and that from which the data are complete. New data, or data that went back in
-- time (flushed, restored, failed over), begin at this moment: nothing older can be proved complete.
local function open_log(floor)
  local last = tonumber(redis.call('GET', KEYS[1]) or '0')
  local birth = tonumber(redis.call('GET', KEYS[2]) or '0')
  if last == 0 or floor > last then
    last = math.max(floor, last, now)
    birth = last
    redis.call('SET', KEYS[1], text(last))
    redis.call('SET', KEYS[2], text(birth))
  end
  return last, birth
end

-- The time at the last probe, and whether the clock went forward and back since: then the canary has died
-- before its time, and streams may have, too.
local clock, leapt
local function read_clock()
  if not clock then
    clock = tonumber(redis.call('GET', KEYS[3]) or '0')
    local young = clock <= now and now < clock + CANARY - 2000 -- less what rounding to milliseconds takes
    leapt = young and redis.call('EXISTS', KEYS[4]) == 0
  end
  return clock, leapt
end

-- A topic without a stream had no event after this position: a stream outlives its last event by the time to
-- live, by a clock that may have been ahead.
local function silent_since(last, ttl)
  read_clock()
  return leapt and last or math.min(last, math.max(now, last, clock) - ttl)
end

