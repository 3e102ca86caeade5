-- The last values of a room; what has expired is swept on the way.
--
-- KEYS  the room's fields by expiry, and their values
-- Gives the fields in order of expiry, and their values.
local time = redis.call('TIME')
local now = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
for _, field in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now)) do
  redis.call('ZREM', KEYS[1], field)
  redis.call('HDEL', KEYS[2], field)
end
local fields = redis.call('ZRANGE', KEYS[1], 0, -1)
return {fields, #fields > 0 and redis.call('HMGET', KEYS[2], unpack(fields)) or {}}
