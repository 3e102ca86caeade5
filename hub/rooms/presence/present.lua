-- Who is in each room; what has expired is swept on the way.
--
-- KEYS  for each room its leases and its names
-- Gives for each room its leases in order of expiry, and lease and name in one flat list.
local time = redis.call('TIME')
local now = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
local answer = {}
for k = 1, #KEYS, 2 do
  for _, lease in ipairs(redis.call('ZRANGEBYSCORE', KEYS[k], '-inf', now)) do
    redis.call('ZREM', KEYS[k], lease)
    redis.call('HDEL', KEYS[k + 1], lease)
  end
  answer[#answer + 1] = {redis.call('ZRANGE', KEYS[k], 0, -1), redis.call('HGETALL', KEYS[k + 1])}
end
return answer
