// The one place of these scripts' version, stored with each answer; raised when what is shown or counted changes.
export const CLIENT = "web 2";
