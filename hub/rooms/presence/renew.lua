-- Lease people in rooms until so long from now; one round trip, never shortening.
--
-- KEYS  for each room its leases and its names
-- ARGV  time to live (milliseconds), then for each room how many leases, and each lease and name
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local till = string.format('%.0f', now + ARGV[1])
local at = 2
for k = 1, #KEYS, 2 do
  local leases, names = {}, {}
  for n = 1, tonumber(ARGV[at]) do
    local lease, name = ARGV[at + 2 * n - 1], ARGV[at + 2 * n]
    leases[2 * n - 1], leases[2 * n] = till, lease
    names[2 * n - 1], names[2 * n] = lease, name
  end
  at = at + 1 + #leases
  redis.call('ZADD', KEYS[k], 'GT', unpack(leases))
  redis.call('HSET', KEYS[k + 1], unpack(names))
  local last = redis.call('ZRANGE', KEYS[k], -1, -1, 'WITHSCORES')[2]
  for i = k, k + 1 do redis.call('PEXPIRE', KEYS[i], string.format('%.0f', last - now)) end
end
