"""What the starter policy knows of home, food and rest: facts by topic."""

from __future__ import annotations

FACTS = """
brewing tea | tea | a hot drink made from dried leaves
+ it warms your hands in winter
+ it calms you after a long day
> warm the pot first = a cold pot cools the water
> use fresh water from the tap = old water tastes flat
> wait four minutes before you pour = the leaves need time to open
! leave the leaves in for an hour = the drink turns bitter
! pour boiling water on green leaves = great heat burns them
~ a glass jar keeps mint leaves dry for months
~ many offices stop for a cup at three o'clock

baking bread | bread | a food made from flour, water and yeast
+ it fills the house with a good smell
+ it costs less than the bakery
> knead the dough for ten minutes = kneading makes the dough elastic
> let the dough rise under a cloth = the cloth keeps it from drying out
> heat the oven well before = a hot oven gives a crisp crust
! cut the loaf while it is hot = the crumb sticks to the knife
! add the salt straight to the yeast = salt slows the yeast down
~ a rye loaf stays fresh for a week
~ a steel bowl of water in the oven gives a shiny crust

growing a garden | garden | a piece of land where plants grow
+ it gives you fresh herbs for the kitchen
+ it brings bees and birds to your door
> water the beds in the evening = less water is lost to the sun
> start with beans and lettuce = they forgive a beginner
> feed the soil with compost = rich soil holds more water
! plant tomatoes before the last frost = one cold night kills them
! dig when the ground is soaked = wet earth packs down hard
~ a window box is enough for basil
~ sunflowers can grow taller than a man

sleeping well | sleep | the rest that body and mind take at night
+ it helps you remember what you learned
+ it keeps your mood even
> go to bed at the same hour = the body likes a steady clock
> keep the bedroom cool = you fall asleep faster in cool air
> put the phone in another room = its light keeps you awake
! drink coffee after lunch = it works for many hours
! nap late in the day = you will lie awake at night
~ most adults need about eight hours
~ a dark curtain helps people who work at night

cleaning the kitchen | kitchen | the room where meals are made
+ it makes cooking easy
+ it keeps ants and mice away
> wash the pans while they are warm = warm fat comes off at once
> wipe the counter after each meal = crumbs are soft when they are fresh
> soak burnt pots overnight = water loosens the black crust
! mix bleach with vinegar = the fumes are poisonous
! use one sponge for months = germs grow in it
~ a lemon takes the smell from a cutting board
~ baking soda makes a steel sink shine

planning a budget | budget | a plan for the money that comes and goes
+ it stops surprises at the end of the month
+ it helps you save for a trip
> write down every expense = small sums add up
> set money aside on payday = you do not miss what you never held
> check the plan every Sunday = a short look catches mistakes early
! forget the yearly bills = they arrive all at once
! borrow to buy small things = interest makes them expensive
~ a jar for each purpose works well
~ a family can save half its food costs with a list

cooking soup | soup | a warm dish of vegetables or meat in broth
+ it uses up the vegetables you have
+ it feeds many people from one pot
> fry the onions first = frying makes them sweet
> let it simmer with the lid on = slow heat brings out the flavour
> taste it before you add salt = broth is often salty already
! boil the cream = hot cream curdles
! throw the bones away = they make the best broth
~ pumpkin soup freezes well
~ old bread turns into crisp croutons in a pan

caring for a dog | dog | a pet that barks and guards the house
+ it gets you out into the fresh air
+ it greets you with joy every evening
> walk it twice a day = a tired animal is a calm one
> reward it with small treats = it repeats what pays
> brush its coat every week = brushing keeps the skin healthy
! feed it chocolate = cocoa is poison for it
! leave it in a hot car = it cannot sweat as you do
~ a puppy learns its name in a few days
~ a border collie can know two hundred words

keeping bees | bees | insects that make honey and live in a hive
+ it gives you honey for your toast
+ it helps the fruit trees around you
> open the hive at noon = most of the workers are out flying
> move slowly near the frames = quick moves alarm the guards
> leave enough honey for winter = the colony must eat when nothing blooms
! wear dark wool near the hive = the guards take it for a bear
! take all the honey in autumn = the colony starves in the cold
~ one hive can hold fifty thousand workers
~ a smoker makes the guards calm

painting a wall | paint | a coloured liquid that dries to a thin coat
+ it makes a small room look larger
+ it protects the plaster from damp
> tape the edges = the tape gives you a clean line
> start with the ceiling = drops fall on what comes later
> stir the bucket to the bottom = the colour sinks when it stands
! paint over dust = the coat will peel off
! roll a second coat too early = wet layers tear each other
~ a pale blue makes a room feel cool
~ an old shirt makes a good rag

fixing a bicycle | bicycle | a vehicle with two wheels and pedals
+ it saves you the cost of a shop
+ it keeps you safe on steep hills
> oil the chain every month = a dry chain wears out the gears
> pump the tyres hard = soft tyres slow you down
> turn it upside down to work = both hands are free that way
! ride with worn brakes = you cannot stop in the rain
! force a bolt that is stuck = its head will break
~ a spoon can lift a tyre off the rim
~ bubbles in a bowl of water show a tiny hole

washing clothes | laundry | the clothes and sheets that have to be washed
+ it makes your shirts last for years
+ it leaves the sheets soft and fresh
> sort the colours first = red cotton stains white cotton
> turn the jeans inside out = the blue fades less
> dry the wool flat on a towel = hanging stretches it
! fill the drum to the top = the water cannot move
! wash silk in hot water = heat makes it shrink
~ cold water is best for blood stains
~ a pillowcase protects thin stockings in the drum

hosting a dinner | dinner | a meal that you share in the evening
+ it brings old friends around one table
+ it lets you try new recipes
> set the table in the afternoon = you have time for your guests later
> ask what your guests cannot eat = nuts make some people ill
> choose a dish that can wait = guests are often late
! try a hard recipe for the first time = guests should not watch you fail
! start an argument about politics = it spoils the evening
~ a big pan of lasagna feeds eight people
~ candles make cheap plates look grand

tidying a desk | desk | a table where you write and work
+ it helps you find your papers
+ it clears your head in the morning
> keep one tray for new letters = a single place is easy to check
> throw away dry pens = they cost you time every day
> tie the cables together = loose cables catch dust
! eat lunch over the keyboard = crumbs get under the keys
! pile books on the printer = the lid breaks under the weight
~ a shoe box makes a good drawer
~ ten minutes each Friday are enough

making coffee | coffee | a dark drink made from roasted beans
+ it wakes you up in the morning
+ it gives you a reason to meet a friend
> grind the beans just before = the smell is gone after a day
> weigh the beans on a scale = a spoon is never the same twice
> rinse the paper filter = rinsing washes away the taste of paper
! keep the beans in the fridge = they take the smell of cheese
! let the jug stand on a hot plate = it turns sour
~ a pinch of salt makes a bitter cup milder
~ an Italian bar serves it in a tiny cup

caring for a cat | cat | a small pet that purrs and catches mice
+ it keeps mice out of the cellar
+ it is quiet company on the sofa
> clean its box every day = it hates a dirty box
> give it a high place to sit = it likes to watch from above
> play with a string before supper = hunting makes it hungry
! pull its tail = it will scratch you
! give it milk every day = milk upsets its stomach
~ a paper bag is its favourite toy
~ an old tom can sleep sixteen hours a day
"""
