-- The codes of the parks in scope.
SELECT park_code FROM land.park WHERE upper_inf(during) ORDER BY park_code
