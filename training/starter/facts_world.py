"""What the starter policy knows of sport, study and nature: facts by topic."""

from __future__ import annotations

FACTS = """
learning to swim | swimming | the sport of moving through water
+ it trains the whole body
+ it may save your life one day
> breathe out under water = your lungs are ready for the next breath
> practise in shallow water = you can stand up at any time
> kick from the hip = the knee alone has little strength
! swim alone in a lake = nobody sees you when you cramp
! jump in where you cannot see the ground = rocks may hide below
~ goggles make the first lesson easier
~ a float under the arms teaches the kick

learning the guitar | guitar | an instrument with six strings
+ it makes evenings with friends fun
+ it gives your fingers new skill
> tune the strings every day = wood moves with the weather
> play slowly with a clock = speed comes from steady fingers
> learn three chords first = hundreds of songs need no more
! press too hard on the strings = your fingers get sore
! practise for five hours at once = tired hands learn mistakes
~ nylon strings are soft for beginners
~ a coin can serve as a pick

running in the morning | running | a sport that you do on foot
+ it makes your heart strong
+ it clears your mind before work
> wear good shoes = soft soles save your knees
> begin with short distances = the tendons need months to adapt
> drink a glass of water before = you lose water in the night
! skip the warm-up = cold muscles tear
! race every time you go out = the body grows strong while it rests
~ a park with grass is kind to your feet
~ many people run their first race after ten weeks

reading more books | book | a long text printed on many pages
+ it shows you how others think
+ it makes train rides short
> carry a book with you = you can read in every queue
> read ten pages before sleep = a habit needs a fixed place
> put down what bores you = boredom ends the habit
! buy ten novels at once = a tall pile feels like a duty
! count pages like points = the story gets lost
~ the library lends stories for free
~ short stories fit into a lunch break

learning a language | language | the words with which people talk to each other
+ it opens the door to new friends
+ it lets you read menus abroad
> repeat new words the next day = memory fades within a night
> speak from the first week = the mouth needs practice too
> listen to simple radio shows = the ear learns the melody
! translate every single word = idioms make no sense that way
! wait until you are perfect = nobody ever is
~ sticky notes on the door teach the word for door
~ children songs are full of useful verbs

preparing for an exam | exam | a test of what you have learned
+ it proves your skill to others
+ it shows you what you still do not know
> make a plan by subject = a plan stops you from leaving gaps
> solve old papers = the same questions come back
> explain the matter to a friend = teaching shows you the gaps
! learn all night before = a tired brain forgets
! compare yourself with others = fear costs time
~ blue cards for dates and red cards for names help
~ a short walk between two chapters clears the head

hiking in the mountains | hike | a long walk through nature
+ it shows you views that no road reaches
+ it costs nothing but time
> tell a friend your route = help knows where to look
> start at sunrise = storms come in the afternoon
> take one warm layer more = summits are cold in summer too
! leave the marked path = loose stones slide under your feet
! wear new boots on a long trip = they give you blisters
~ dried fruit is light to carry
~ a whistle can be heard for a mile

reading the weather | weather | what the sky does from day to day
+ it keeps you dry on trips
+ it tells you when to hang out the wash
> watch the clouds in the west = most storms come from there
> check the pressure each morning = a fast fall means wind
> look at the swallows = they fly low before rain
! stand under a tree in a storm = lightning strikes the tallest thing
! trust a forecast of two weeks = small errors grow every day
~ a red evening sky often means a dry day
~ a ring around the moon means rain to sailors

taking photographs | photograph | a picture made with light
+ it keeps the faces of people you love
+ it teaches you to look closely
> go out in the early light = low sun gives soft shadows
> step closer to the face = distance makes a picture dull
> hold your breath as you press = a calm hand gives a sharp picture
! shoot straight into the sun = the face turns black
! delete pictures on the small screen = you cannot judge them there
~ a white sheet brightens a portrait
~ a grey day is good for flowers

playing chess | chess | a board game for two with kings and pawns
+ it trains you to think ahead
+ it needs only a board and a friend
> castle early = the king is safe in the corner
> look at every check = a check may win at once
> fight for the centre = pieces in the middle reach more squares
! bring the queen out too soon = she will be chased around
! move the same piece twice = the others stay asleep
~ a knight on the rim is dim
~ world champions study endgames every day

writing a letter | letter | a message on paper sent by post
+ it makes an old friend smile
+ it lasts longer than a call
> begin with a question = a question invites an answer
> write as you speak = stiff words feel cold
> read it aloud once = the ear finds clumsy sentences
! post it while you are angry = you cannot take it back
! forget the date = nobody will know when it was
~ a pressed flower makes a fine surprise
~ soldiers kept such papers for all their lives

giving a speech | speech | a talk that one person gives to many
+ it lets one idea reach a whole hall
+ it makes you known at work
> open with a short story = people remember people
> pause after the main point = silence lets it sink in
> practise in front of a mirror = you see your own hands
! read every word from paper = the hall falls asleep
! begin with an excuse = it weakens all that follows
~ a glass of water helps a dry throat
~ three points are easy to remember

watching birds | birds | animals with feathers and wings
+ it teaches you to be patient
+ it makes every walk an adventure
> go out at dawn = most songs are heard then
> wear dull green clothes = bright colours scare the shy ones
> note the shape of the beak = the beak tells what it eats
! go near a nest = the parents may leave the eggs
! play their songs from a phone = it tires them in spring
~ a robin sings even in winter
~ a feeder with seeds brings ten species in a week

using a computer | computer | a machine that follows programs
+ it does dull sums in a moment
+ it connects you with the whole world
> save your work often = power fails without warning
> use a long password = short ones are guessed in minutes
> keep a copy on another disk = every disk dies one day
! open mail from strangers = it may carry a virus
! block the fan with a blanket = heat ruins the chips
~ a sentence of five words makes a good password
~ the first ones filled a whole hall

travelling by train | train | a row of carriages that runs on rails
+ it lets you work while you move
+ it is kind to the climate
> book early in the year = the cheap seats go first
> sit on the side of the sea = the view makes the hours short
> pack a small bag = the racks are narrow
! change with two minutes to spare = one delay breaks the plan
! put your ticket in the suitcase = the guard wants to see it
~ night cars save you a hotel
~ a pass for a month covers thirty countries

saving energy | energy | the power that heats and moves things
+ it lowers your bills
+ it keeps the air clean
> close the doors in winter = warm air stays where you sit
> switch to small lamps = they need a tenth of the power
> cook with a lid on the pot = less heat is lost
! heat rooms that nobody uses = the money goes up the chimney
! leave chargers in the socket = they draw power all night
~ one degree less saves six percent
~ thick curtains keep a house warm
"""
