//! Artists, plays and people, all made up.

/// Bands and singers.
pub const ARTISTS: [&str; 48] = [
    "The Paper Lanterns",
    "Mara Vance",
    "Glass Harbour",
    "Northern Static",
    "Odalys Reyes",
    "The Quiet Machines",
    "Violet Hour",
    "Saint Ember",
    "Juniper Falls",
    "Kite District",
    "The Second Sundays",
    "Noor & the Tides",
    "Hollow Coast",
    "Ada Winterbourne",
    "Velvet Antler",
    "Blackbird Parade",
    "The Late Trains",
    "Solène Marchetti",
    "Copper Youth",
    "Tidewater Saints",
    "Echo & Alder",
    "Midnight Almanac",
    "The Understudies",
    "Rosa Calloway",
    "Salt Meridian",
    "Polar Bloom",
    "Cassia June",
    "The Wandering Clocks",
    "Neon Orchard",
    "Harlan Pike",
    "Marble Foxes",
    "Ines Delacroix",
    "Slow Comet",
    "The Borrowed Hours",
    "Lumen",
    "Oslo Heartbreak",
    "Desert Telephone",
    "Imani Brooks",
    "Fable Street",
    "The Tin Aviators",
    "Wild Geometry",
    "Ottilie",
    "Broken Compass Club",
    "Sable & Pine",
    "The Velvet Accord",
    "Kenji Arlo",
    "Winter Arcade",
    "Golden Parallel",
];

/// What a tour is called.
pub const TOURS: [&str; 16] = [
    "Low Tide Tour",
    "All the Lights On",
    "Homecoming",
    "The Long Way Round",
    "Acoustic Nights",
    "World Tour",
    "Ten Years Later",
    "Summer Nights",
    "The Farewell Tour",
    "Live in Colour",
    "Unplugged",
    "One Night Only",
    "The Signal Fires Tour",
    "Winter Lights",
    "Past Midnight",
    "The Anniversary Show",
];

/// Plays, musicals, operas and ballets.
pub const PLAYS: [&str; 24] = [
    "The Clockmaker's Daughter",
    "A House on Fen Lane",
    "Paper Crowns",
    "The Last Lighthouse",
    "Midsummer at Marlowe's",
    "Ten Letters to Vienna",
    "The Cartographer",
    "Salt and Silver (the musical)",
    "Orpheus Underground",
    "The Widow of Bruges",
    "Ballet: The Snow Garden",
    "Opera: La Notte Bianca",
    "The Understudy's Revenge",
    "Hart & Hare",
    "Three Sisters and a Piano",
    "The Glass Orchard",
    "Night Train to Trieste",
    "The Beekeeper",
    "Ballet: Firebird Rising",
    "Bright Young Ghosts",
    "Opera: The Tide Mill",
    "Queen of the Docks",
    "A Murder at the Matinee",
    "The Ferryman's Song",
];

/// Companies that put plays on.
pub const COMPANIES: [&str; 10] = [
    "The Meridian Company",
    "Lamplight Theatre",
    "Northgate Players",
    "Company of Strangers",
    "The Velvet Curtain",
    "Harbour Ballet",
    "Opera Ambulante",
    "The Repertory Nine",
    "Paperhouse Theatre",
    "Thursday's Ensemble",
];

/// Comedians.
pub const COMEDIANS: [&str; 16] = [
    "Priya Malhotra",
    "Declan Moore",
    "Tessa Grünwald",
    "Big Lou Santoro",
    "Amara Nwosu",
    "Felix Brandt",
    "Maggie O'Dell",
    "Jun Takeda",
    "Wendell Price",
    "Carla Benedetti",
    "Noah Sternberg",
    "Fatou Diallo",
    "Gus Halloran",
    "Ingrid Solberg",
    "Ravi Kapoor",
    "Dot Appleby",
];

/// What they call an evening.
pub const COMEDY_SHOWS: [&str; 10] = [
    "Work in Progress",
    "Mildly Dangerous",
    "Sorry I'm Late",
    "Indoor Voice",
    "Thank You for Holding",
    "Adult Supervision",
    "Oversharing",
    "Please Clap",
    "Terms and Conditions",
    "Nobody Asked",
];

/// Festivals.
pub const FESTIVALS: [&str; 12] = [
    "Riverlight Festival",
    "Longest Day",
    "Harvest Moon Weekend",
    "Northern Sounds",
    "Open Fields",
    "City of Strings",
    "Night Market Sessions",
    "Brass & Blossom",
    "The Solstice Gathering",
    "Ember Festival",
    "Tall Grass",
    "Jazz by the Water",
];

/// Those who have something to tell.
pub const SPEAKERS: [&str; 10] = [
    "Prof. Helena Quist",
    "Marcus Adeyemi",
    "Dr. Yuki Tamura",
    "The Astronomy Society",
    "Leonie Hartmann",
    "Captain Rosalind Moss",
    "The Chess Circus",
    "Tomás Arrieta",
    "The Memory Palace",
    "Beatrix Lund",
];

/// What they tell.
pub const TALKS: [&str; 8] = [
    "An Evening with the Stars",
    "Letters from the Ice",
    "How to Get Lost",
    "The Secret Life of Maps",
    "Magic, Explained",
    "A Hundred Days at Sea",
    "Questions Welcome",
    "The Trouble with Pigeons",
];

/// For children and those who bring them.
pub const FAMILY_SHOWS: [&str; 10] = [
    "The Moon Bear's Picnic",
    "Captain Pip and the Paper Boat",
    "Dinosaurs after Dark",
    "The Very Small Giant",
    "Bubbles & Bones: A Science Show",
    "Puppets of the Deep",
    "Grandmother's Flying Trunk",
    "The Gruff Conductor",
    "Circus of the Tiny",
    "Rosie and the Rainmaker",
];

/// Given names of sellers.
pub const GIVEN: [&str; 20] = [
    "Alex", "Bea", "Carlos", "Dana", "Elif", "Finn", "Grace", "Hugo", "Iris", "Jonas", "Keiko", "Liam",
    "Maya", "Nils", "Oona", "Pavel", "Quinn", "Rosa", "Sven", "Tara",
];

/// Family names of sellers.
pub const FAMILY: [&str; 20] = [
    "Archer",
    "Bianchi",
    "Costa",
    "Duval",
    "Eriksen",
    "Fischer",
    "Gallagher",
    "Horvat",
    "Ivanova",
    "Jansen",
    "Kowalski",
    "Lindqvist",
    "Moreau",
    "Novak",
    "Okafor",
    "Petrov",
    "Rossi",
    "Schmidt",
    "Tanaka",
    "Ueda",
];
