-- Prepended to append.lua and read.lua (hub/log/script.py).
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local text = function(number) return string.format('%.0f', number) end

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

